import { expect, test } from '@jest/globals'
import { toKeyValues } from '../../src/map/key-values.ts'

const observedAt = '2026-01-15T09:00:00.000Z'

test('an entity in its simplified form has bare values, and the newer kinds under the name of their value', () => {
  const entity = {
    id: 'urn:ngsi-ld:Thing:d1',
    type: 'Thing',
    level: { type: 'Property', value: 1.5, unitCode: 'MTR', observedAt },
    location: { type: 'GeoProperty', value: { type: 'Point', coordinates: [14.3, 46.2] }, observedAt },
    refDevice: { type: 'Relationship', object: 'urn:ngsi-ld:Device:d1', observedAt },
    name: { type: 'LanguageProperty', languageMap: { sl: 'Sava' }, observedAt },
    raw: { type: 'JsonProperty', json: { code: 4 }, observedAt },
    class: { type: 'VocabProperty', vocab: 'motorway', observedAt },
    hours: { type: 'ListProperty', valueList: [1, 3], observedAt },
  } as const
  expect(toKeyValues(entity)).toEqual({
    id: 'urn:ngsi-ld:Thing:d1',
    type: 'Thing',
    level: 1.5,
    location: { type: 'Point', coordinates: [14.3, 46.2] },
    refDevice: 'urn:ngsi-ld:Device:d1',
    name: { languageMap: { sl: 'Sava' } },
    raw: { json: { code: 4 } },
    class: { vocab: 'motorway' },
    hours: { valueList: [1, 3] },
  })
})
