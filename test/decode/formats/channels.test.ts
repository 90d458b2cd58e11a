import { describe, expect, test } from '@jest/globals'
import { createMessage, createUplink, RECEIVED_AT } from '../create-message.ts'
import { decodeAs, decodePart, describeFormat } from '../format-suite.ts'

const AM107 = {
  channels: {
    '01 75': { battery: 'u8' },
    '03 67': { temperature: { read: 'i16le', scale: 0.1 } },
    '04 68': { humidity: { read: 'u8', scale: 0.5 } },
    '05 6a': { activity: 'u16le' },
    '06 65': { illumination: 'u16le', infrared_and_visible: 'u16le', infrared: 'u16le' },
    '07 7d': { co2: 'u16le' },
    '08 7d': { tvoc: 'u16le' },
    '09 73': { pressure: { read: 'u16le', scale: 0.1 } },
  },
}

const WS302 = {
  channels: {
    fPort: 85,
    '01 75': { battery: 'u8' },
    '05 5b': {
      LAF: { at: 1, read: 'u16le', scale: 0.1 },
      LAeq: { read: 'u16le', scale: 0.1 },
      LAFmax: { read: 'u16le', scale: 0.1 },
    },
  },
}

const ERS = {
  channels: {
    '01': { temperature: { read: 'i16be', scale: 0.1 } },
    '02': { humidity: 'u8' },
    '04': { light: 'u16be' },
    '05': { motion: 'u8' },
    '06': { co2: 'u16be' },
    skipUnknown: { '3e': 'rest' },
  },
}

const EM400_MUD = {
  channels: {
    '0175': { battery: 'u8' },
    '0367': { temperature: { read: 'i16le', scale: 0.1 } },
    '0482': { distance: 'u16le' },
    '0500': { position: 'u8' },
    '8367': { temperature: { read: 'i16le', scale: 0.1 }, temperature_alarm: 'u8' },
    '8482': { distance: 'u16le', distance_alarm: 'u8' },
  },
}

const VS133 = {
  channels: {
    '05 cc': { line_1_period_in: 'u16le', line_1_period_out: 'u16le' },
    '08 cc': { line_2_period_in: 'u16le', line_2_period_out: 'u16le' },
    '0b cc': { line_3_period_in: 'u16le', line_3_period_out: 'u16le' },
    '0e cc': { line_4_period_in: 'u16le', line_4_period_out: 'u16le' },
    '10 e4 01': { region_1_avg_dwell: 'u16le', region_1_max_dwell: 'u16le' },
    '10 e4 02': { region_2_avg_dwell: 'u16le', region_2_max_dwell: 'u16le' },
    '10 e4 03': { region_3_avg_dwell: 'u16le', region_3_max_dwell: 'u16le' },
    '10 e4 04': { region_4_avg_dwell: 'u16le', region_4_max_dwell: 'u16le' },
  },
}

const EMU = {
  channels: {
    header: { time: 'u32le' },
    observedAt: 'time',
    skipUnknown: { '01': 4 },
    '03': { import_1: 'u32le' },
    '04': { import_2: 'u32le' },
    '05': { export_1: 'u32le' },
    '06': { export_2: 'u32le' },
    trailer: 1,
  },
}

describeFormat('channels', {
  vectors: [
    {
      name: 'the first frame of a Milesight AM107',
      decode: AM107,
      hex: '01755c 03673401 046865 056a4900',
      readings: [{ battery: 92, temperature: 30.8, humidity: 50.5, activity: 73 }],
    },
    {
      name: 'its second frame',
      decode: AM107,
      hex: '0665 1c00 7900 1400',
      readings: [{ illumination: 28, infrared: 20, infrared_and_visible: 121 }],
    },
    {
      name: 'its third frame',
      decode: AM107,
      hex: '077de704 087d0700 09733f27',
      readings: [{ co2: 1255, tvoc: 7, pressure: 1004.7 }],
    },
    {
      name: 'the noise of a Milesight WS302, on its port',
      decode: WS302,
      hex: '017564 055b053f02da016a02',
      fPort: 85,
      readings: [{ battery: 100, LAF: 57.5, LAeq: 47.4, LAFmax: 61.8 }],
    },
    {
      name: 'an Elsys ERS CO2, whose types are one byte',
      decode: ERS,
      hex: '0100e2 0229 040027 0506 060308',
      readings: [{ temperature: 22.6, humidity: 41, light: 39, motion: 6, co2: 776 }],
    },
    {
      name: 'its settings, which are passed over to the end',
      decode: ERS,
      hex: '0229 3e10 0701 0803 ffff',
      readings: [{ humidity: 41 }],
    },
    {
      name: 'a tilted Milesight EM400-MUD',
      decode: EM400_MUD,
      hex: '01755c 03670101 04824408 050001',
      readings: [{ battery: 92, temperature: 25.7, distance: 2116, position: 1 }],
    },
    {
      name: 'its alarms',
      decode: EM400_MUD,
      hex: '8367e80001 8482410601',
      readings: [{ temperature: 23.2, temperature_alarm: 1, distance: 1601, distance_alarm: 1 }],
    },
    {
      name: 'the lines of a Milesight VS133',
      decode: VS133,
      hex: '05cc00000000 08cc00000000 0bcc00000000 0ecc05000700',
      readings: [
        {
          line_1_period_in: 0,
          line_1_period_out: 0,
          line_2_period_in: 0,
          line_2_period_out: 0,
          line_3_period_in: 0,
          line_3_period_out: 0,
          line_4_period_in: 5,
          line_4_period_out: 7,
        },
      ],
    },
    {
      name: 'its regions, which a third byte of the key tells apart',
      decode: VS133,
      hex: '10e40109101121 10e40275217533 10e40381212389 10e40476001387',
      readings: [
        {
          region_1_avg_dwell: 4105,
          region_1_max_dwell: 8465,
          region_2_avg_dwell: 8565,
          region_2_max_dwell: 13173,
          region_3_avg_dwell: 8577,
          region_3_max_dwell: 35107,
          region_4_avg_dwell: 118,
          region_4_max_dwell: 34579,
        },
      ],
    },
    {
      name: 'an EMU Professional II, with a header, a record that is passed over and a checksum',
      decode: EMU,
      hex: 'b4d77b61 01b4d77b61 0312070000 0480000000 057d040000 0682450000 e4',
      readings: [{ time: 1635506100, import_1: 1810, import_2: 128, export_1: 1149, export_2: 17794 }],
    },
  ],
})

describe('decoding channels', () => {
  const frame = (hex: string) => createMessage(Buffer.from(hex, 'hex'))

  test('takes the observed time from the header', () => {
    const [reading] = decodeAs(EMU, frame('b4d77b61031207000039'))
    expect(reading?.observedAt).toBe(1635506100_000)
  })

  test('makes a reading of each record that holds the observed time, and one of the others', () => {
    const stored = {
      channels: {
        observedAt: 'time',
        '01': { battery: 'u8' },
        '20': { time: 'u32le', level: 'u16le' },
      },
    }
    const hex = '0164 20c0856769e803 20d0876769e903'
    expect(decodeAs(stored, frame(hex.replaceAll(' ', '')))).toEqual([
      { values: { battery: 100 }, observedAt: RECEIVED_AT },
      { values: { time: 1768392128, level: 1000 }, observedAt: 1768392128_000 },
      { values: { time: 1768392656, level: 1001 }, observedAt: 1768392656_000 },
    ])
  })

  test.each([
    ['', 'more than 0 bytes, got nothing'],
    ['0275', 'a known channel at 0 instead of 0275, got bytes 0275'],
    ['036734', '2 bytes of a value at 2, got bytes 036734'],
  ])('refuses the bytes %j with their place', (hex, problem) => {
    expect(() => decodeAs(AM107, frame(hex))).toThrow(`DECODE_FAILED: expected ${problem}`)
  })

  test.each([
    ['an unknown channel', '01755cff', 'a known channel at 3 instead of ff, got bytes 01755cff'],
    ['a value that was cut off', '01755c036734', '2 bytes of a value at 5, got bytes 01755c036734'],
  ])('gives the values before %s', (_name, hex, problem) => {
    expect(decodePart(() => decodeAs(AM107, frame(hex)))).toEqual({
      readings: [{ values: { battery: 92 }, observedAt: RECEIVED_AT }],
      fault: `DECODE_PARTIAL: expected ${problem}`,
    })
  })

  test('gives the common values and the time with a part, and each stored record of it', () => {
    const format = {
      channels: { observedAt: 'time', header: { unit: 'u8' }, '20': { time: 'u32le', level: 'u16le' } },
    }
    expect(decodePart(() => decodeAs(format, frame('0720c0856769e80320d08767')))).toEqual({
      readings: [{ values: { unit: 7, time: 1768392128, level: 1000 }, observedAt: 1768392128_000 }],
      fault: 'DECODE_PARTIAL: expected 6 bytes of a value at 9, got bytes 0720c0856769e80320d08767',
    })
    expect(() => decodeAs(format, frame('0733'))).toThrow('DECODE_FAILED: expected a known channel at 1')
  })

  test('takes the longer of two keys that fit, whichever the profile names first', () => {
    const format = { channels: { '01': { short: 'u8' }, '01 75': { long: 'u8' } } }
    expect(decodeAs(format, frame('01750501760177'))[0]?.values).toEqual({ long: 5, short: 119 })
    expect(() => decodeAs(format, frame('020304'))).toThrow('a known channel at 0 instead of 0203')
  })

  test('makes nothing of the frames that it ignores, by their port or their length', () => {
    const ignore = { fPort: [100, 101], shorterThan: 3 }
    const format = { channels: { fPort: 85, ignore, '01 75': { battery: 'u8' } } }
    expect(decodeAs(format, createUplink(Buffer.from('0209ff', 'hex'), 101))).toEqual([])
    expect(decodeAs(format, createUplink(Buffer.from('0209', 'hex'), 85))).toEqual([])
    expect(decodeAs(format, createUplink(Buffer.from('017564', 'hex'), 85))).toHaveLength(1)
    expect(() => decodeAs(format, createUplink(Buffer.from('017564', 'hex'), 102))).toThrow(
      'expected fPort 85',
    )
    expect(() => decodeAs(format, createUplink(Buffer.alloc(0), 85))).toThrow('expected more than 0 bytes')
  })

  test('refuses another port than the one of the profile', () => {
    expect(() => decodeAs(WS302, createUplink(Buffer.from('017564', 'hex'), 2))).toThrow(
      'expected fPort 85, got 2, got bytes 017564',
    )
    expect(() => decodeAs(WS302, frame('017564'))).toThrow('expected fPort 85, got none')
  })
})
