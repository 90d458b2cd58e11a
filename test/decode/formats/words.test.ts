import { describe, expect, test } from '@jest/globals'
import { createMessage } from '../create-message.ts'
import { decodeAs, describeFormat } from '../format-suite.ts'

const BATTERY = { battery: { read: 'u16be', scale: 0.001 } }

const DL_PM = {
  words: {
    groups: [
      BATTERY,
      {
        pm1: { read: 'u16be', scale: 0.1 },
        pm2_5: { read: 'u16be', scale: 0.1 },
        pm4: { read: 'u16be', scale: 0.1 },
        pm10: { read: 'u16be', scale: 0.1 },
        size: 'u16be',
        n0_5: { read: 'u16be', scale: 0.1 },
        n1: { read: 'u16be', scale: 0.1 },
        n2_5: { read: 'u16be', scale: 0.1 },
        n4: { read: 'u16be', scale: 0.1 },
        n10: { read: 'u16be', scale: 0.1 },
      },
      {
        temperature: { read: 'u16be', divide: 65536, scale: 175.72, offset: -46.85 },
        humidity: { read: 'u16be', divide: 65536, scale: 125, offset: -6 },
      },
      { pressure: { read: 'u16be', scale: 2 } },
    ],
  },
}

/** Words with a sign are sent with 32768 added. */
const signed = (divide: number) => ({ read: 'u16be', divide, offset: -32768 / divide })

const DL_ATM41 = {
  words: {
    groups: [
      {
        solar: signed(1),
        precipitation: { read: 'u16be', scale: 0.001, offset: -32.768 },
        strikes: signed(1),
        distance: signed(1),
        wind_speed: signed(100),
        wind_direction: signed(10),
        gust: signed(100),
        temperature: signed(10),
        vapour_pressure: signed(100),
        pressure: signed(100),
        humidity: signed(10),
        inner_temperature: signed(10),
        x: signed(10),
        y: signed(10),
        compass: signed(1),
        wind_north: signed(100),
        wind_east: signed(100),
      },
      BATTERY,
    ],
  },
}

const DL_TBRG = {
  words: {
    groups: [
      {
        precipitation: { read: 'u16be', scale: 0.1 },
        interval: 'u16be',
        total: { read: 'u32swap', scale: 0.1 },
      },
      BATTERY,
    ],
  },
}

const DL_MBX = { words: { groups: [{ distance: 'u16be', samples: 'u16be' }, BATTERY] } }

const DL_CTD10 = {
  words: {
    groups: [
      { depth: signed(1), temperature: signed(10), conductivity: 'u16be', freezing: 'u16be' },
      BATTERY,
    ],
  },
}

const DL_WRM = {
  words: {
    groups: [
      {
        temperature: { read: 'u16be', divide: 65535, scale: 175, offset: -45 },
        humidity: { read: 'u16be', divide: 65535, scale: 100 },
      },
      {
        surface: { read: 'u16be', divide: 10, offset: -100 },
        head: { read: 'u16be', divide: 10, offset: -100 },
      },
      BATTERY,
    ],
  },
}

describeFormat('words', {
  vectors: [
    {
      name: 'a Decentlab DL-PM with all its groups',
      decode: DL_PM,
      hex: '021b50000f 0c25 00250027002700 2701f50107012c012d012d012d 67bd618d bd10',
      readings: [
        {
          device_id: 6992,
          battery: 3.109,
          pm1: 3.7,
          pm2_5: 3.9,
          pm4: 3.9,
          pm10: 3.9,
          size: 501,
          n0_5: 26.3,
          n1: 30,
          n2_5: 30.1,
          n4: 30.1,
          n10: 30.1,
          temperature: 24.3566046143,
          humidity: 41.6322174072,
          pressure: 96800,
        },
      ],
    },
    {
      name: 'a Decentlab DL-PM without particles',
      decode: DL_PM,
      hex: '021b50000d0c2567bd618dbd10',
      readings: [
        {
          device_id: 6992,
          battery: 3.109,
          temperature: 24.3566046143,
          humidity: 41.6322174072,
          pressure: 96800,
        },
      ],
    },
    {
      name: 'a Decentlab DL-PM with its battery alone',
      decode: DL_PM,
      hex: '021b5000010c25',
      readings: [{ device_id: 6992, battery: 3.109 }],
    },
    {
      name: 'a Decentlab DL-ATM41 weather station',
      decode: DL_ATM41,
      hex: '02035a0003800a8000800080008009812b8014810880b4a57c820c810980027fe88056800880040bf5',
      readings: [
        {
          device_id: 858,
          battery: 3.061,
          solar: 10,
          precipitation: 0,
          strikes: 0,
          distance: 0,
          wind_speed: 0.09,
          wind_direction: 29.9,
          gust: 0.2,
          temperature: 26.4,
          vapour_pressure: 1.8,
          pressure: 95.96,
          humidity: 52.4,
          inner_temperature: 26.5,
          x: 0.2,
          y: -2.4,
          compass: 86,
          wind_north: 0.08,
          wind_east: 0.04,
        },
      ],
    },
    {
      name: 'a Decentlab DL-TBRG rain gauge, whose counter has its lower word first',
      decode: DL_TBRG,
      hex: '0202f8000300040258409a00000c54',
      readings: [{ device_id: 760, precipitation: 0.4, interval: 600, total: 1653.8, battery: 3.156 }],
    },
    {
      name: 'a Decentlab DL-MBX',
      decode: DL_MBX,
      hex: '02012f000304d200010bb1',
      readings: [{ device_id: 303, distance: 1234, samples: 1, battery: 2.993 }],
    },
    {
      name: 'a Decentlab DL-CTD10',
      decode: DL_CTD10,
      hex: '0207d9000390888081006400000c60',
      readings: [
        { device_id: 2009, depth: 4232, temperature: 12.9, conductivity: 100, freezing: 0, battery: 3.168 },
      ],
    },
    {
      name: 'a Decentlab DL-WRM',
      decode: DL_WRM,
      hex: '021a10000764a079b104f904c40c60',
      readings: [
        {
          device_id: 6672,
          temperature: 23.7876707103,
          humidity: 47.5364309148,
          surface: 27.3,
          head: 22,
          battery: 3.168,
        },
      ],
    },
  ],
})

describe('decoding words', () => {
  test.each([
    ['', 'at least 5 bytes of which the first is 2, got nothing'],
    ['01012f00030000', 'at least 5 bytes of which the first is 2, got bytes 01012f00030000'],
    ['02012f0004', 'a mask of 2 groups at 3, got bytes 02012f0004'],
    ['02012f000304d20001', '11 bytes by its mask, got bytes 02012f000304d20001'],
  ])('refuses the bytes %j', (hex, problem) => {
    expect(() => decodeAs(DL_MBX, createMessage(Buffer.from(hex, 'hex')))).toThrow(
      `DECODE_FAILED: expected ${problem}`,
    )
  })
})
