import { describe, expect, test } from '@jest/globals'
import { compileMapper } from '../../src/map/map.ts'
import { createProfileOf } from '../profiles/sound-profile.ts'
import { DEVICE, mapAttribute, OBSERVED_AT } from './map-values.ts'

const observedAt = OBSERVED_AT
const OMITTED = { x: undefined, omitted: 1 }
const ABSENT = { x: undefined, omitted: 0 }

describe('a kind of attribute', () => {
  test.each([
    [
      { from: { sl: 'state_sl', en: 'state_en' }, kind: 'language' },
      { state_sl: 'odprto', state_en: 'open' },
      { type: 'LanguageProperty', languageMap: { sl: 'odprto', en: 'open' } },
    ],
    [
      { from: 'name', kind: 'language' },
      { name: { sl: ['Drava', 'Dravca'] } },
      { type: 'LanguageProperty', languageMap: { sl: ['Drava', 'Dravca'] } },
    ],
    [
      { value: { '@none': 'Sava', 'sl-SI': 'Sava' }, kind: 'language' },
      {},
      { type: 'LanguageProperty', languageMap: { '@none': 'Sava', 'sl-SI': 'Sava' } },
    ],
    [
      { from: 'raw', kind: 'json' },
      { raw: { type: 'x', id: 1 } },
      { type: 'JsonProperty', json: { type: 'x', id: 1 } },
    ],
    [{ from: 'raw', kind: 'json' }, { raw: 0 }, { type: 'JsonProperty', json: 0 }],
    [{ from: 'kind', kind: 'vocab' }, { kind: 'motorway' }, { type: 'VocabProperty', vocab: 'motorway' }],
    [
      { expr: '[kind, "road"]', kind: 'vocab' },
      { kind: 'a' },
      { type: 'VocabProperty', vocab: ['a', 'road'] },
    ],
    [{ from: 'l', kind: 'list' }, { l: [3, 'a'] }, { type: 'ListProperty', valueList: [3, 'a'] }],
    [
      { from: 'l', kind: 'list', scale: 0.1, unit: 'CEL', absent: [127] },
      { l: [1, null, 127, '2'] },
      { type: 'ListProperty', valueList: [0.1, 0.2], unitCode: 'CEL' },
    ],
  ])('of %j for %j', (attribute, values, expected) => {
    expect(mapAttribute(attribute, values)).toEqual({ x: { ...expected, observedAt }, omitted: 0 })
  })

  test.each([
    [{ from: 'a', kind: 'language' }, { a: 'open' }, OMITTED],
    [{ from: 'a', kind: 'language' }, { a: {} }, OMITTED],
    [{ from: 'a', kind: 'language' }, { a: { slovenski_jezik: 'odprto' } }, OMITTED],
    [{ from: 'a', kind: 'language' }, { a: { sl: 1 } }, OMITTED],
    [{ from: 'a', kind: 'vocab' }, { a: 5 }, OMITTED],
    [{ from: 'a', kind: 'vocab' }, { a: [] }, OMITTED],
    [{ from: 'a', kind: 'list' }, { a: 5 }, OMITTED],
    [{ from: 'a', kind: 'list', max: 5 }, { a: [1, 6] }, OMITTED],
    [{ from: 'a', kind: 'list' }, { a: [] }, ABSENT],
    [{ from: 'a', kind: 'list' }, { a: [null] }, ABSENT],
    [{ expr: 'a|lengtharray', kind: 'geo' }, { a: 5 }, OMITTED],
    ...['language', 'json', 'vocab', 'list'].map(kind => [{ from: 'a', kind }, {}, ABSENT] as const),
  ])('of %j for %j is not made', (attribute, values, expected) => {
    expect(mapAttribute(attribute, values)).toEqual(expected)
  })
})

describe('the time of an attribute', () => {
  const attribute = { from: 'a', observedAt: 'changed' }

  test.each([
    ['2026-01-14T08:00:00+01:00', '2026-01-14T07:00:00.000Z'],
    ['2026-01-14 08:00:00', '2026-01-14T08:00:00.000Z'],
    [1_768_377_600, '2026-01-14T08:00:00.000Z'],
    ['1768377600000', '2026-01-14T08:00:00.000Z'],
    ['1970-01-01T00:00:00Z', OBSERVED_AT],
    ['2026-02-01T00:00:00Z', OBSERVED_AT],
    ['2000-01-01T00:00:00Z', '2000-01-01T00:00:00.000Z'],
    ['1999-12-31T23:59:59.999Z', OBSERVED_AT],
    ['2026-01-16T09:00:00Z', '2026-01-16T09:00:00.000Z'],
    ['2026-01-16T09:00:00.001Z', OBSERVED_AT],
    ['yesterday', OBSERVED_AT],
    [[1_768_377_600], OBSERVED_AT],
    [true, OBSERVED_AT],
    [undefined, OBSERVED_AT],
  ])('%j is %s', (changed, expected) => {
    expect(mapAttribute(attribute, { a: 1, changed }).x).toEqual({
      type: 'Property',
      value: 1,
      observedAt: expected,
    })
  })
})

describe('sub-attributes', () => {
  const attribute = {
    from: 'a',
    unit: 'CEL',
    extra: {
      accuracy: { from: 'off', unit: 'CEL', max: 5 },
      measuredBy: { relationship: 'urn:ngsi-ld:Device:{device.id}' },
      note: { value: 'low', when: 'a < 0' },
    },
  }

  test('stand beside the members of their attribute, without a time of their own', () => {
    expect(mapAttribute(attribute, { a: -1, off: 0.5 }).x).toEqual({
      type: 'Property',
      value: -1,
      unitCode: 'CEL',
      observedAt,
      accuracy: { type: 'Property', value: 0.5, unitCode: 'CEL' },
      measuredBy: { type: 'Relationship', object: 'urn:ngsi-ld:Device:d1' },
      note: { type: 'Property', value: 'low' },
    })
  })

  test('that have nothing to say are left out', () => {
    expect(mapAttribute(attribute, { a: 1 }).x).not.toHaveProperty('accuracy')
    expect(mapAttribute(attribute, { a: 1 }).x).not.toHaveProperty('note')
    const { extra: _, ...plain } = attribute
    const quiet = { ...plain, extra: { note: { from: 'note' } } }
    expect(mapAttribute(quiet, { a: 1 })).toEqual(mapAttribute(plain, { a: 1 }))
  })

  test('spoil their attribute when they do not fit, and never make one of themselves', () => {
    expect(mapAttribute(attribute, { a: 1, off: 6 })).toEqual(OMITTED)
    expect(mapAttribute(attribute, { off: 1 })).toEqual(ABSENT)
  })

  test.each(['value', 'observedAt', 'type', 'unitCode', 'a-b'])('are not named %s', name => {
    expect(() => createProfileOf({ x: { from: 'a', extra: { [name]: { value: 1 } } } })).toThrow(
      'sub-attribute',
    )
  })
})

describe('an entity', () => {
  const map = compileMapper(createProfileOf({ x: { expr: 'limit * 2' }, y: { expr: 'reading.values.k' } }))
  const count = (values: Readonly<Record<string, unknown>>) =>
    map({ values, observedAt: Date.parse(OBSERVED_AT) }, { ...DEVICE, attributes: { limit: 4 } }).entities
      .length

  test('is no news when an expression finds all that it names in the device', () => {
    expect(count({ limit: 5 })).toBe(1)
    expect(count({ k: 5 })).toBe(1)
    expect(count({ limit: null })).toBe(0)
  })
})
