import { describe, expect, test } from '@jest/globals'
import { createMessage, createUplink, RECEIVED_AT } from '../create-message.ts'
import { decodeAs, describeFormat } from '../format-suite.ts'

const NPS405 = {
  bytes: {
    fPort: {
      1: { length: 1, fields: { occupied: { read: 'u8', bits: { offset: 7, length: 1 } } } },
      2: {
        fields: {
          battery: { at: 1, read: 'u8', scale: 0.004, offset: 2.5 },
          temperature: { read: 'i8', scale: 0.25 },
        },
      },
      10: { fields: {} },
    },
  },
}

const A3 = {
  bytes: {
    length: 32,
    fields: {
      hardware: { at: 4, read: 'u8' },
      firmware: 'u8',
      temperature: { at: 10, read: 'i16be', scale: 0.01 },
      pressure: { read: 'u16be', offset: 65535 },
      humidity: { read: 'u8', scale: 0.5 },
      gas_resistance: 'u24be',
      sound: { read: 'u8', scale: 0.5 },
      co2: 'u16be',
      ch2o: 'u16be',
      o3: 'u16be',
      pm1: 'u16be',
      pm2_5: 'u16be',
      pm10: 'u16be',
    },
  },
}

const DF702 = {
  bytes: {
    layouts: [
      { starts: '80 00 01 03', fields: {} },
      {
        starts: '80 00 01 01',
        length: 17,
        fields: { level: { at: 5, read: 'u16be' }, temperature: { at: 8, read: 'i8' } },
      },
      {
        starts: '80 00 01 01',
        length: 25,
        fields: {
          level: { at: 5, read: 'u16be' },
          longitude: { at: 8, read: 'f32le' },
          latitude: 'f32le',
          temperature: 'i8',
        },
      },
    ],
  },
}

const LSE01 = {
  bytes: {
    fields: {
      battery: { read: 'u16be', bits: { offset: 0, length: 14 }, scale: 0.001 },
      temperature: { read: 'i16be', scale: 0.1 },
      moisture: { read: 'u16be', scale: 0.01 },
      soil_temperature: { read: 'i16be', scale: 0.01 },
      conductivity: 'u16be',
    },
  },
}

const PAXCOUNTER = {
  bytes: {
    fPort: {
      1: { fields: { wifi: 'u16le', ble: 'u16le' } },
      4: {
        fields: {
          latitude: { read: 'i32le', scale: 0.000001 },
          longitude: { read: 'i32le', scale: 0.000001 },
          satellites: 'u8',
          hdop: { read: 'u16le', scale: 0.01 },
          altitude: 'i16le',
        },
      },
    },
  },
}

const EVERY_READER = {
  bytes: {
    fields: {
      i24: 'i24be',
      i24_little: 'i24le',
      u24: 'u24le',
      u32: 'u32be',
      swapped: 'u32swap',
      swapped_signed: 'i32swap',
      i32: 'i32be',
      f32: 'f32be',
      f64: 'f64be',
      f64_little: 'f64le',
      u64: 'u64be',
      u64_little: 'u64le',
      i64: 'i64be',
      i64_little: 'i64le',
      digits: { read: 'bcdle', length: 4 },
      digits_big: { read: 'bcdbe', length: 3 },
      serial: { read: 'hex', length: 2 },
      label: { read: 'text', length: 5 },
    },
  },
}

const HISTORY = {
  bytes: {
    fields: {
      energy: { read: 'u32be', scale: 0.001, count: 3 },
      flags: { read: 'u8', bits: { offset: 4, length: 4 }, count: 2 },
      labels: { read: 'text', length: 2, count: 2 },
      battery: 'u8',
    },
  },
}

describeFormat('bytes', {
  vectors: [
    {
      name: 'several of each field, one after the other',
      decode: HISTORY,
      hex: '00bdd990 00bdd990 00bdd5a8 1020 41424300 64',
      readings: [{ energy: [12442, 12442, 12441], flags: [1, 2], labels: ['AB', 'C'], battery: 100 }],
    },
    { name: 'an occupied Nwave NPS405', decode: NPS405, hex: 'ca', fPort: 1, readings: [{ occupied: 1 }] },
    {
      name: 'its heartbeat on another port',
      decode: NPS405,
      hex: '00d3d800590b',
      fPort: 2,
      readings: [{ battery: 3.344, temperature: -10 }],
    },
    {
      name: 'its user registration, of which nothing is made',
      decode: NPS405,
      hex: 'e81f345678',
      fPort: 10,
      readings: [],
    },
    {
      name: 'an uRADMonitor A3',
      decode: A3,
      hex: '8200029a6c4e 00000258 08e4 8ee4 70 032dd3 3b 0236 0007 0014 0008 000a 000b d5',
      readings: [
        {
          hardware: 108,
          firmware: 78,
          temperature: 22.76,
          pressure: 102115,
          humidity: 56,
          gas_resistance: 208339,
          sound: 29.5,
          co2: 566,
          ch2o: 7,
          o3: 20,
          pm1: 8,
          pm2_5: 10,
          pm10: 11,
        },
      ],
    },
    {
      name: 'a Dingtek DF702',
      decode: DF702,
      hex: '800001011107d000190000000000000081',
      readings: [{ level: 2000, temperature: 25 }],
    },
    {
      name: 'a Dingtek DF702 that knows where it is, by its length',
      decode: DF702,
      hex: '800001011907d001cd03e942ef272042190000000000000081',
      readings: [{ level: 2000, longitude: 116.5074234009, latitude: 40.0389976501, temperature: 25 }],
    },
    {
      name: 'its confirmation of a command, by its first bytes',
      decode: DF702,
      hex: '8000010319010418011e4b1e00000000000000000000000081',
      readings: [],
    },
    {
      name: 'a Dragino LSE01, whose battery shares two bytes with flags',
      decode: LSE01,
      hex: 'ce29 00f1 07a5 099b 6e28 90',
      readings: [
        { battery: 3.625, temperature: 24.1, moisture: 19.57, soil_temperature: 24.59, conductivity: 28200 },
      ],
    },
    {
      name: 'an ESP32-Paxcounter',
      decode: PAXCOUNTER,
      hex: '07000300',
      fPort: 1,
      readings: [{ wifi: 7, ble: 3 }],
    },
    {
      name: 'its position',
      decode: PAXCOUNTER,
      hex: '65ca0603 05196f00 05 c600 4200',
      fPort: 4,
      readings: [{ latitude: 50.776677, longitude: 7.280901, satellites: 5, hdop: 1.98, altitude: 66 }],
    },
    {
      name: 'every other reader',
      decode: EVERY_READER,
      hex: [
        'fffffe feffff 010002 00010000 00020001 0000ffff fffffffe',
        '3fc00000 3ff8000000000000 000000000000f83f',
        '0000000200000001 0100000002000000 fffffffdffffffff feffffffffffffff 78563412 123456 0aff 4142430000',
      ].join(' '),
      readings: [
        {
          i24: -2,
          i24_little: -2,
          u24: 0x020001,
          u32: 65536,
          swapped: 0x10002,
          swapped_signed: -65536,
          i32: -2,
          f32: 1.5,
          f64: 1.5,
          f64_little: 1.5,
          u64: 2 ** 33 + 1,
          u64_little: 2 ** 33 + 1,
          i64: -(2 ** 33) - 1,
          i64_little: -2,
          digits: 12345678,
          digits_big: 123456,
          serial: '0aff',
          label: 'ABC',
        },
      ],
    },
  ],
})

describe('decoding bytes', () => {
  const frame = (hex: string) => createMessage(Buffer.from(hex, 'hex'))

  test('gives decimals without the noise of binary fractions', () => {
    const fields = { t: { read: 'i16be', divide: 10, offset: -3276.8 }, w: { read: 'u8', scale: 0.3 } }
    expect(decodeAs({ bytes: { fields } }, frame('810803'))[0]?.values).toEqual({ t: -6527.2, w: 0.9 })
    const inverted = { n: { read: 'u8', scale: -0.5 } }
    expect(decodeAs({ bytes: { fields: inverted } }, frame('00'))[0]?.values).toEqual({ n: 0 })
  })

  test('takes the observed time from a field, when it can be true', () => {
    const timed = { bytes: { observedAt: 'time', fields: { time: 'u32be', level: 'u8' } } }
    expect(decodeAs(timed, frame('69678580ff'))).toEqual([
      { values: { time: 1768392064, level: 255 }, observedAt: 1768392064_000 },
    ])
    expect(decodeAs(timed, frame('00000000ff'))[0]?.observedAt).toBe(RECEIVED_AT)
  })

  test.each([
    [LSE01, 'ce29', 'at least 10 bytes, got bytes ce29'],
    [LSE01, '', 'at least 10 bytes, got nothing'],
    [A3, '8200', '32 bytes, got bytes 8200'],
    [HISTORY, '00bdd990', 'at least 19 bytes, got bytes 00bdd990'],
    [
      DF702,
      '8000',
      'at least 4 bytes that start with 80000103, or 17 bytes that start with 80000101, or 25 bytes that start with 80000101, got bytes 8000',
    ],
    [
      { bytes: { fields: { n: { read: 'bcdbe', length: 1 } } } },
      '1a',
      'decimal digits in the halves of bytes, got bytes 1a',
    ],
    [{ bytes: { fields: { n: { read: 'text', length: 1 } } } }, 'ff', 'text in UTF-8 at 0, got bytes ff'],
    [NPS405, 'ca', 'fPort 1, 2, 10, got none, got bytes ca'],
  ])('by %j refuses %j in words', (decode, hex, problem) => {
    expect(() => decodeAs(decode, frame(hex))).toThrow(`DECODE_FAILED: expected ${problem}`)
  })

  test('refuses a port without a layout', () => {
    expect(() => decodeAs(NPS405, createUplink(Buffer.from('ca', 'hex'), 3))).toThrow(
      'expected fPort 1, 2, 10, got 3, got bytes ca',
    )
  })
})
