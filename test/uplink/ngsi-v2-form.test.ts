import { expect, test } from '@jest/globals'
import { parseEntity, withAttributes } from '../../src/entity-text.ts'
import { toNgsiV2 } from '../../src/uplink/ngsi-v2-form.ts'
import { createParcel, mergeParcels } from '../../src/uplink/parcel.ts'
import { createEntity } from '../support/entities.ts'

const OBSERVED_AT = '2026-01-15T09:00:00.000Z'
const TIME = { TimeInstant: { type: 'DateTime', value: OBSERVED_AT } }
const POINT = { type: 'Point', coordinates: [14.35, 46.24] }

/** One attribute of NGSI-LD in the form of NGSIv2. */
function convert(attribute: object, name = 'it') {
  const whole = { [name]: { ...attribute, observedAt: OBSERVED_AT } }
  const converted = toNgsiV2(withAttributes(createEntity('urn:x:a', {}), whole))
  const { id, type, ...attributes } = parseEntity(converted)
  expect([id, type]).toEqual(['urn:x:a', 'WeatherObserved'])
  return attributes
}

test.each([
  ['a number', { value: 21.5 }, { type: 'Number', value: 21.5 }],
  ['a text', { value: 'Žale' }, { type: 'Text', value: 'Žale' }],
  ['a boolean', { value: false }, { type: 'Boolean', value: false }],
  ['a list', { value: [1, 2] }, { type: 'StructuredValue', value: [1, 2] }],
  ['an object', { value: { a: 1 } }, { type: 'StructuredValue', value: { a: 1 } }],
  ['a time', { value: OBSERVED_AT }, { type: 'DateTime', value: OBSERVED_AT }],
  [
    'a time with its type',
    { value: { '@type': 'DateTime', '@value': OBSERVED_AT } },
    { type: 'DateTime', value: OBSERVED_AT },
  ],
  [
    'what only looks like a time',
    { value: '2026-13-45T99:00:00Z' },
    { type: 'Text', value: '2026-13-45T99:00:00Z' },
  ],
])('%s has the type of NGSIv2 and its time', (_title, property, expected) => {
  expect(convert({ type: 'Property', ...property })).toEqual({ it: { ...expected, metadata: TIME } })
})

test('unit and sub-attributes are metadata, with the unit of a sub-attribute beside it', () => {
  const accuracy = { type: 'Property', value: 0.2, unitCode: 'CEL' }
  expect(convert({ type: 'Property', value: 21.5, unitCode: 'CEL', accuracy })).toEqual({
    it: {
      ...{ type: 'Number', value: 21.5 },
      metadata: {
        ...TIME,
        unitCode: { type: 'Text', value: 'CEL' },
        accuracy: { type: 'Number', value: 0.2 },
        accuracy_unitCode: { type: 'Text', value: 'CEL' },
      },
    },
  })
})

test.each([
  [
    { type: 'Relationship', object: 'urn:x:b' },
    { type: 'Relationship', value: 'urn:x:b' },
  ],
  [
    { type: 'LanguageProperty', languageMap: { sl: 'odprto' } },
    { type: 'StructuredValue', value: { sl: 'odprto' } },
  ],
  [
    { type: 'JsonProperty', json: { a: [1] } },
    { type: 'StructuredValue', value: { a: [1] } },
  ],
  [
    { type: 'VocabProperty', vocab: 'sunny' },
    { type: 'Text', value: 'sunny' },
  ],
  [
    { type: 'ListProperty', valueList: [1, 2] },
    { type: 'StructuredValue', value: [1, 2] },
  ],
])('%j is a value with a type', (attribute, expected) => {
  expect(convert(attribute)).toEqual({ it: { ...expected, metadata: TIME } })
})

test('location is the place that Orion indexes, and other places are not indexed', () => {
  const place = { type: 'GeoProperty', value: POINT }
  expect(convert(place, 'location')).toEqual({
    location: { type: 'geo:json', value: POINT, metadata: TIME },
  })
  expect(convert(place, 'entrance')).toEqual({
    entrance: {
      type: 'geo:json',
      value: POINT,
      metadata: { ...TIME, ignoreType: { type: 'Boolean', value: true } },
    },
  })
})

test('a text with characters that Orion forbids keeps them, by the type that allows them', () => {
  const value = `odprto (9–17); "Pri Jožetu" <a=b> 'x'`
  expect(convert({ type: 'Property', value })).toEqual({
    it: { type: 'TextUnrestricted', value, metadata: TIME },
  })
})

test('such characters deeper inside are percent-encoded so that they can be had back, and it says so', () => {
  const value = { 'a(1)': ['x = 50 %', { b: 'č;' }], c: 2 }
  const { it } = convert({ type: 'Property', value })
  expect(it).toEqual({
    type: 'StructuredValue',
    value: { 'a%281%29': ['x %3D 50 %25', { b: 'č%3B' }], c: 2 },
    metadata: { ...TIME, percentEncoded: { type: 'Boolean', value: true } },
  })
  const decode = (text: string) => decodeURIComponent(text)
  expect([decode('a%281%29'), decode('x %3D 50 %25'), decode('č%3B')]).toEqual(['a(1)', 'x = 50 %', 'č;'])
})

test('a unit with such characters is percent-encoded too', () => {
  const unitCode = 'µg/m³ (dry)'
  expect(convert({ type: 'Property', value: 1, unitCode })).toMatchObject({
    it: { metadata: { unitCode: { type: 'PercentEncoded', value: 'µg/m³ %28dry%29' } } },
  })
})

test('names that mean something else to Orion get another one', () => {
  expect(Object.keys(convert({ type: 'Property', value: OBSERVED_AT }, 'dateExpires'))).toEqual([
    'dateExpires_',
  ])
})

test('readings of one entity become one, as in NGSI-LD', () => {
  const [one, other] = [{ temperature: 21 }, { humidity: 0.5 }].map(values =>
    createParcel(toNgsiV2(createEntity('urn:x:a', values, 'https://example.org/c')), undefined, () => {}),
  )
  const merged = one && other && mergeParcels(one, other)
  expect(Object.keys(JSON.parse(merged?.json.toString() ?? '{}'))).toEqual([
    ...['id', 'type', 'temperature', 'humidity'],
  ])
})
