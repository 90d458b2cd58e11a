import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Attribute, type Entity, QualifiedAttribute } from '../../src/reading.ts'
import { toEntityJson } from '../../src/uplink/entity-json.ts'

const observedAt = fc.constantFrom('2026-01-15T09:00:00.000Z', '2026-01-15T09:00:01.500Z')
const unitCode = fc.constantFrom('CEL', 'P1', 'odd "unit"')
const attribute: fc.Arbitrary<Attribute> = fc.oneof(
  fc.record({ type: fc.constant('Property' as const), value: fc.jsonValue(), observedAt }),
  fc.record({
    type: fc.constant('Property' as const),
    value: fc.double({ noNaN: true, noDefaultInfinity: true }),
    unitCode,
    observedAt,
  }),
  fc.record({
    type: fc.constant('GeoProperty' as const),
    value: fc.record({ type: fc.constant('Point'), coordinates: fc.tuple(fc.integer(), fc.integer()) }),
    observedAt,
  }),
  fc.record({
    type: fc.constant('Relationship' as const),
    object: fc.oneof(fc.string({ unit: 'grapheme' }), fc.array(fc.string())),
    observedAt,
  }),
  fc.record({
    type: fc.constant('LanguageProperty' as const),
    languageMap: fc.dictionary(fc.constantFrom('sl', 'en'), fc.string({ unit: 'grapheme' })),
    observedAt,
  }),
  fc.record({ type: fc.constant('JsonProperty' as const), json: fc.jsonValue(), observedAt }),
  fc.record({ type: fc.constant('VocabProperty' as const), vocab: fc.string(), observedAt }),
  fc.record({
    type: fc.constant('ListProperty' as const),
    valueList: fc.array(fc.integer()),
    unitCode,
    observedAt,
  }),
)
/** Any of them, some with a sub-attribute. */
const anyAttribute = fc
  .tuple(
    attribute,
    fc.option(fc.record({ accuracy: attribute, 'odd "name"': attribute }), { nil: undefined }),
  )
  .map(
    ([plain, extra]): Attribute =>
      extra === undefined ? plain : Object.assign(new QualifiedAttribute(), plain, extra),
  )
/** Numbers as names would be moved to the front by any object, which says nothing about the text. */
const name = fc
  .string({ unit: 'grapheme', minLength: 1 })
  .filter(text => !['id', 'type', '__proto__'].includes(text))
const entity = fc
  .record({
    id: fc.string({ unit: 'grapheme' }),
    type: fc.string({ unit: 'grapheme' }),
    attributes: fc.dictionary(name, anyAttribute),
  })
  .map(({ id, type, attributes }): Entity => ({ id, type, ...attributes }))

test('the text of an entity says what JSON.stringify would have said', () => {
  fc.assert(
    fc.property(entity, value => {
      expect(JSON.parse(toEntityJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
    { numRuns: 500 },
  )
})

test('a name keeps its own unit in each entity, also when another one used it with a different unit', () => {
  const create = (code: string): Entity => ({
    id: 'urn:ngsi-ld:T:1',
    type: 'T',
    level: { type: 'Property', value: 1, unitCode: code, observedAt: '2026-01-15T09:00:00.000Z' },
  })
  for (const code of ['MTR', 'CMT', 'MTR'])
    expect(JSON.parse(toEntityJson(create(code)))).toEqual(create(code))
})
