import { describe, expect, test } from '@jest/globals'
import { DEVICE, mapAttribute, OBSERVED_AT } from './map-values.ts'

const property = (value: unknown, unitCode?: string) => ({
  x: { type: 'Property', value, ...(unitCode === undefined ? {} : { unitCode }), observedAt: OBSERVED_AT },
  omitted: 0,
})
const relationship = (object: unknown) => ({
  x: { type: 'Relationship', object, observedAt: OBSERVED_AT },
  omitted: 0,
})
const point = (...coordinates: number[]) => ({
  x: { type: 'GeoProperty', value: { type: 'Point', coordinates }, observedAt: OBSERVED_AT },
  omitted: 0,
})
const SQUARE = {
  type: 'Polygon',
  coordinates: [
    [
      [14, 46],
      [15, 46],
      [15, 47],
      [14, 46],
    ],
  ],
}
const OMITTED = { x: undefined, omitted: 1 }
const ABSENT = { x: undefined, omitted: 0 }

describe('the source of a property', () => {
  test.each([
    [{ from: 'a.b' }, { a: { b: 'open' } }, property('open')],
    [{ from: 'device.attributes.floor' }, {}, property(2)],
    [{ from: 'device.id' }, {}, property('d1')],
    [{ from: 'reading.observedAt' }, {}, property(OBSERVED_AT)],
    [{ from: 'reading.observedFrom' }, {}, property('2026-01-15T08:50:00.000Z')],
    [{ from: { L1: 'a', L2: 'b' }, scale: 2 }, { a: 1, b: 0 }, property({ L1: 2, L2: 0 })],
    [{ from: { L1: 'a', L2: 'b' } }, { b: 3 }, property({ L2: 3 })],
    [{ from: { L1: 'a', L2: 'b' } }, {}, ABSENT],
    [{ from: { L1: 'a', L2: 'b' }, max: 5 }, { a: 1 }, property({ L1: 1 })],
    [{ from: { L1: 'a', L2: 'b' }, max: 5 }, { a: 1, b: 6 }, OMITTED],
    [{ value: ['onStreet'] }, {}, property(['onStreet'])],
    [{ value: 5, unit: 'MTR' }, {}, property(5, 'MTR')],
    [{ from: 'a' }, {}, ABSENT],
    [{ from: 'a', unit: 'CEL' }, { a: null }, ABSENT],
    [{ from: 'a' }, { a: Number.POSITIVE_INFINITY }, OMITTED],
    [{ from: 'a' }, { a: { b: [1, Number.POSITIVE_INFINITY] } }, OMITTED],
    [{ from: 'a' }, { a: 9007199254740992 }, OMITTED],
    [{ from: 'a' }, { a: [[-9007199254740992]] }, OMITTED],
    [{ from: 'a' }, { a: '12345678901234567890' }, property('12345678901234567890')],
    [{ from: 'a' }, { a: -0 }, property(0)],
    [{ from: 'a' }, { a: 'x'.repeat(65_536) }, property('x'.repeat(65_536))],
    [{ from: 'a' }, { a: 'x'.repeat(65_537) }, OMITTED],
    [{ from: 'a' }, { a: { b: 'x'.repeat(65_534) } }, property({ b: 'x'.repeat(65_534) })],
    [{ from: 'a' }, { a: { b: 'x'.repeat(65_535) } }, OMITTED],
    [{ from: 'a' }, { a: { ['b'.repeat(65_536)]: 1 } }, OMITTED],
    [{ from: 'a' }, { a: { b: 'x'.repeat(65_532), c: 1 } }, property({ b: 'x'.repeat(65_532), c: 1 })],
    [{ from: 'a' }, { a: { b: null, c: true } }, property({ b: null, c: true })],
    [{ from: 'constructor' }, {}, ABSENT],
    [{ from: 'device.attributes.constructor' }, {}, ABSENT],
    [{ from: 'a', values: { 0: 'off', 1: 'on' } }, { a: 1 }, property('on')],
    [{ from: 'a', values: { true: 'occupied', false: 'free' } }, { a: false }, property('free')],
    [{ from: 'a', values: { off: 0 } }, { a: 'off' }, property(0)],
    [{ expr: 'a * 2 + floor' }, { a: 5 }, property(12)],
    [{ expr: 'a', unit: 'CEL', max: 50 }, { a: '21.5' }, property(21.5, 'CEL')],
    [{ expr: 'a + 1', absent: [1] }, { a: 0 }, ABSENT],
    [{ expr: 'a + 1' }, {}, ABSENT],
    [{ expr: 'a + 1', unit: 'CEL' }, {}, ABSENT],
    [{ expr: 'a|lengtharray' }, { a: 1 }, OMITTED],
    [{ expr: '1 / a' }, { a: 0 }, OMITTED],
    [{ from: 'a', when: 'b > 2 && word == "high"' }, { a: 1, b: 3 }, property(1)],
    [{ from: 'a', when: 'b > 2' }, { a: 1, b: 2 }, ABSENT],
    [{ from: 'a', when: 'b|lengtharray' }, { a: 1 }, OMITTED],
    [{ from: 'a', values: { 0: 'off' } }, { a: 2 }, OMITTED],
    [{ from: 'a', values: { 0: 'off' } }, { a: 'constructor' }, OMITTED],
    [{ from: 'a', values: { low: 20 }, scale: 0.01, unit: 'C62' }, { a: 'low' }, property(0.2, 'C62')],
    [{ from: 'a', when: { kind: ['x', 'y'] } }, { a: 1, kind: 'y' }, property(1)],
    [{ from: 'a', when: { kind: 'x' } }, { a: 1, kind: 'x' }, property(1)],
    [{ from: 'a', when: { kind: 'x' } }, { a: 1, kind: 'y' }, ABSENT],
    [{ from: 'a', when: { kind: 'x', b: 2 } }, { a: 1, kind: 'x', b: 3 }, ABSENT],
    [{ from: 'a', when: { kind: 'x' } }, { a: 1 }, ABSENT],
  ])('%.200j of %.200j', (attribute, values, expected) => {
    expect(mapAttribute(attribute, values)).toEqual(expected)
  })
})

describe('a number', () => {
  test.each([
    [{ unit: 'CEL' }, '24.59', property(24.59, 'CEL')],
    [{ unit: 'CEL' }, ' -3 ', property(-3, 'CEL')],
    [{ unit: 'CEL' }, '25 °C', property(25, 'CEL')],
    [{ unit: 'CEL' }, '-3.5℃', property(-3.5, 'CEL')],
    [{ number: true }, '2000 mm', property(2000)],
    [{ scale: 0.01 }, '83%', property(0.83)],
    [{ max: 9 }, '5 m3/h', property(5)],
    [{}, '2000 mm', property('2000 mm')],
    [{ number: true }, '0x10', OMITTED],
    [{ number: true }, '1e999', OMITTED],
    [{ number: true }, '12,5', OMITTED],
    [{ number: true }, '12345678901234567890', OMITTED],
    [{ number: true }, 9007199254740991, property(9007199254740991)],
    [{ number: true }, 9007199254740992, OMITTED],
    [{ scale: 1e-6 }, 1.7e18, property(1.7e12)],
    [{ scale: 10 }, 9e15, OMITTED],
    [{ number: true }, '12-05', OMITTED],
    [{ number: true }, '3 of 5', OMITTED],
    [{ number: true }, 'mm', OMITTED],
    [{ number: true }, `1${' '.repeat(37)}mm`, property(1)],
    [{ number: true }, `1${' '.repeat(38)}mm`, OMITTED],
    [{ absent: [127, 'No Sensor'], unit: 'CEL' }, 127, ABSENT],
    [{ absent: [127, 'No Sensor'], unit: 'CEL' }, '127', ABSENT],
    [{ absent: [127, 'No Sensor'], unit: 'CEL' }, 'No Sensor', ABSENT],
    [{ absent: [127, 'No Sensor'], unit: 'CEL' }, 12.7, property(12.7, 'CEL')],
    [{ absent: ['1,2'] }, [1, 2], property([1, 2])],
    [{ values: { 1: 'on' } }, [1], OMITTED],
    [{ absent: [255], values: { 0: 'off' } }, 255, ABSENT],
    [{ unit: 'CEL' }, '', OMITTED],
    [{ unit: 'CEL' }, true, OMITTED],
    [{ unit: 'CEL' }, [1], OMITTED],
    [{ unit: 'CEL' }, Number.NaN, OMITTED],
    [{ unit: 'CEL' }, Number.NEGATIVE_INFINITY, OMITTED],
    [{ scale: 3 }, 0.1, property(0.3)],
    [{ scale: 0.01 }, 41.63221740722656, property(0.416322174072)],
    [{ scale: 0.1 }, 1e-15, property(1e-16)],
    [{ scale: 0.1, offset: -40 }, 655, property(25.5)],
    [{ divide: 3, round: 2 }, 1, property(0.33)],
    [{ divide: 0 }, 1, OMITTED],
    [{ divide: 'device.attributes.binHeight', scale: -0.001, offset: 1, round: 2 }, 975, property(0.25)],
    [{ scale: 'device.attributes.binHeight' }, 2, property(2.6)],
    [{ divide: 4, scale: 'device.attributes.binHeight', offset: 1 }, 2, property(1.65)],
    [{ divide: 'device.attributes.height' }, 975, ABSENT],
    [{ scale: 'device.attributes.height' }, 975, ABSENT],
    [{ offset: 'device.attributes.height' }, 975, ABSENT],
    [{ offset: 'device.attributes.word' }, 975, OMITTED],
    [{ round: 2 }, 1.005, property(1.01)],
    [{ round: 0 }, 2.5, property(3)],
    [{ round: 0 }, -2.5, property(-3)],
    [{ round: 0 }, -0.2, property(0)],
    [{ min: 0, max: 1 }, 0, property(0)],
    [{ min: 0, max: 1 }, 1, property(1)],
    [{ min: 0, max: 1 }, -0.001, OMITTED],
    [{ min: 0, max: 1 }, 1.001, OMITTED],
    [{ scale: 0.01, max: 1 }, 100, property(1)],
    [{ scale: 0.01, max: 1 }, 100.5, OMITTED],
    [{ round: 0, max: 1 }, 1.4, property(1)],
  ])('%j of %j', (attribute, a, expected) => {
    expect(mapAttribute({ from: 'a', ...attribute }, { a })).toEqual(expected)
  })
})

describe('a place', () => {
  test.each([
    [{ geo: 'device.location' }, {}, point(14.3556, 46.2389)],
    [{ geo: 'p' }, { p: { lat: 46.1, lon: 14.2 } }, point(14.2, 46.1)],
    [{ geo: 'p' }, { p: { latitude: 46.1, longitude: 14.2 } }, point(14.2, 46.1)],
    [{ geo: 'p' }, { p: { type: 'Point', coordinates: [14.2, 46.1, 300] } }, point(14.2, 46.1, 300)],
    [{ from: 'p', kind: 'geo' }, { p: [14.2, 46.1] }, point(14.2, 46.1)],
    [{ value: [14.2, 46.1], kind: 'geo' }, {}, point(14.2, 46.1)],
    [{ geo: 'p' }, { p: [180, 90] }, point(180, 90)],
    [{ geo: 'p' }, { p: { lng: -180, lat: -90 } }, point(-180, -90)],
    [
      { geo: 'p' },
      { p: SQUARE },
      { x: { type: 'GeoProperty', value: SQUARE, observedAt: OBSERVED_AT }, omitted: 0 },
    ],
    [
      { geo: 'p' },
      {
        p: {
          ...SQUARE,
          coordinates: [
            [
              [14, 46],
              [15, 91],
            ],
          ],
        },
      },
      OMITTED,
    ],
    [{ geo: 'p' }, { p: { type: 'LineString', coordinates: [[14, 46], 'x'] } }, OMITTED],
    [{ geo: 'p' }, { p: { type: ['Point'], coordinates: [14, 46] } }, OMITTED],
    [{ geo: 'p' }, { p: 'Kranj' }, OMITTED],
    [{ geo: 'p' }, { p: [14.2, 91] }, OMITTED],
    [{ geo: 'p' }, { p: [181, 46] }, OMITTED],
    [{ geo: 'p' }, { p: ['14.2', 46.1] }, OMITTED],
    [{ geo: 'p' }, { p: { lat: 46.1 } }, OMITTED],
    [{ geo: 'p' }, { p: { type: 'Circle', coordinates: [1, 2] } }, OMITTED],
    [{ geo: 'p' }, { p: { type: 'Polygon', coordinates: [] } }, OMITTED],
    [{ geo: 'p' }, {}, ABSENT],
  ])('%j of %j', (attribute, values, expected) => {
    expect(mapAttribute(attribute, values)).toEqual(expected)
  })
})

describe('a reference', () => {
  test.each([
    [{ relationship: 'urn:ngsi-ld:Device:{device.id}' }, {}, relationship('urn:ngsi-ld:Device:d1')],
    [
      { relationship: 'urn:{type}:{tenant}:{device.attributes.floor}' },
      {},
      relationship('urn:Thing:kranj:2'),
    ],
    [{ relationship: 'urn:x:{device.attributes.isOpen}' }, {}, relationship('urn:x:true')],
    [{ relationship: 'urn:x:{device.attributes.nothing}' }, {}, ABSENT],
    [{ relationship: 'urn:x:{device.attributes.empty}' }, {}, ABSENT],
    [{ relationship: 'urn:x:{device.location}' }, {}, ABSENT],
    [
      { relationship: 'urn:x:{reading.values.a}' },
      { a: 'x'.repeat(128) },
      relationship(`urn:x:${'x'.repeat(128)}`),
    ],
    [{ relationship: 'urn:x:{reading.values.a}' }, { a: 'x'.repeat(129) }, ABSENT],
    [
      { relationship: ['urn:x:{device.attributes.nothing}', 'urn:x:{device.id}'] },
      {},
      relationship(['urn:x:d1']),
    ],
    [{ relationship: ['urn:x:{device.attributes.nothing}'] }, {}, ABSENT],
    [{ relationship: 'urn:x:{device.attributes.constructor}' }, {}, ABSENT],
    [
      { from: 'device.attributes.site', kind: 'relationship' },
      {},
      relationship('urn:ngsi-ld:Site:052:C%201'),
    ],
    [
      { from: 'tags', kind: 'relationship' },
      { tags: ['urn:a:1', 'urn:a:2'] },
      relationship(['urn:a:1', 'urn:a:2']),
    ],
    [{ from: 'tags', kind: 'relationship' }, { tags: 'not an id' }, OMITTED],
    [{ from: 'tags', kind: 'relationship' }, { tags: [] }, OMITTED],
    [{ from: 'tags', kind: 'relationship' }, { tags: ['urn:a:1', 'not an id'] }, OMITTED],
    [{ from: 'tags', kind: 'relationship' }, { tags: 'see urn:a:1' }, OMITTED],
    [{ value: 'urn:a:1', kind: 'relationship' }, {}, relationship('urn:a:1')],
  ])('%j of %j', (attribute, values, expected) => {
    expect(mapAttribute(attribute, values)).toEqual(expected)
  })

  test('to the place of a device without one is left out', () => {
    const { location: _, ...nowhere } = DEVICE
    expect(mapAttribute({ geo: 'device.location' }, {}, nowhere)).toEqual(ABSENT)
  })
})
