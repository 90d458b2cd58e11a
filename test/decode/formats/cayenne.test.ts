import { describe, expect, test } from '@jest/globals'
import { createMessage } from '../create-message.ts'
import { decodeAs, decodePart, describeFormat } from '../format-suite.ts'

describeFormat('cayenne', {
  vectors: [
    {
      name: 'twelve types on twelve channels',
      decode: { cayenne: {} },
      hex: [
        '0100ff 020164 0302154a 0403eab6 056501f4 066632 0767ff64 086863 0971fe58000f0682',
        '0a7329ef 0b8601630231fe66 0c8807fd8700bef500086a',
      ].join(' '),
      readings: [
        {
          digital_in_1: 255,
          digital_out_2: 100,
          analog_in_3: 54.5,
          analog_out_4: -54.5,
          luminosity_5: 500,
          presence_6: 50,
          temperature_7: -15.6,
          relative_humidity_8: 49.5,
          accelerometer_9: { x: -0.424, y: 0.015, z: 1.666 },
          barometric_pressure_10: 1073.5,
          gyrometer_11: { x: 3.55, y: 5.61, z: -4.1 },
          gps_12: { latitude: 52.3655, longitude: 4.8885, altitude: 21.54 },
        },
      ],
    },
    {
      name: 'types of later libraries',
      decode: { cayenne: {} },
      hex: '01740149 028200000bb8 0387ff8000 048e01',
      readings: [
        { voltage_1: 3.29, distance_2: 3, colour_3: { red: 255, green: 128, blue: 0 }, switch_4: 1 },
      ],
    },
  ],
})

describe('decoding Cayenne LPP', () => {
  test.each([
    ['', 'a payload, got nothing'],
    ['07', 'a type of Cayenne LPP at 1, got bytes 07'],
    ['07ff00', 'a type of Cayenne LPP at 1, got bytes 07ff00'],
    ['0767ff', '2 bytes of temperature at 2, got bytes 0767ff'],
  ])('refuses the bytes %j', (hex, problem) => {
    expect(() => decodeAs({ cayenne: {} }, createMessage(Buffer.from(hex, 'hex')))).toThrow(
      `DECODE_FAILED: expected ${problem}`,
    )
  })
  test.each([
    ['an unknown type', '0167011002ff', 'a type of Cayenne LPP at 5, got bytes 0167011002ff'],
    ['a value that was cut off', '01670110026701', '2 bytes of temperature at 6, got bytes 01670110026701'],
  ])('gives the values before %s', (_name, hex, problem) => {
    const message = createMessage(Buffer.from(hex, 'hex'))
    expect(decodePart(() => decodeAs({ cayenne: {} }, message))).toEqual({
      readings: [{ values: { temperature_1: 27.2 }, observedAt: message.receivedAt }],
      fault: `DECODE_PARTIAL: expected ${problem}`,
    })
  })
})
