import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { readModelNames, toModelNamesJson } from '../../src/generate/model-names.ts'
import { toKeyValues } from '../../src/map/key-values.ts'
import { loadProfiles } from '../../src/profiles/load.ts'
import type { EntityProfile } from '../../src/profiles/profile.ts'
import type { Entity } from '../../src/reading.ts'
import { ADDRESS_WRONG, BEYOND_MODEL, EXAMPLE_REFUSED } from './faulty-schemas.ts'
import { areModelsThere, loadModels, MODELS_FOLDER } from './model-schemas.ts'

/** What a sample does not say of its device is not the fault of the profile. */
const MISSING = /must have required property/

const models = areModelsThere ? [...loadModels().values()] : []
const loaded = loadProfiles(['devices'])
const profiles = loaded.faults === undefined ? [...loaded.value.values()] : []
const entities = profiles.flatMap(({ id, samples }) =>
  samples.flatMap(sample =>
    sample.entities.map(entity => ({ profile: id, type: String(entity['type']), entity })),
  ),
)

/** Without the models, one skipped line says so. */
const describeWithModels = areModelsThere ? describe : describe.skip

describeWithModels('the entities of the profiles that ship', () => {
  const modelOf = new Map(models.map(model => [model.type, model]))

  test('are of types that have a Smart Data Model', () => {
    expect(entities.length).toBeGreaterThan(12)
    expect(entities.filter(({ type }) => !modelOf.has(type))).toEqual([])
  })

  test('name the @context of their model', () => {
    const wrong = profiles.flatMap(({ id, entities: mapped }) =>
      mapped
        .flatMap(({ type, context }) => listPlaced(type, context))
        .filter(({ type, context }) => modelOf.get(type)?.context !== context)
        .map(({ type, context }) => `${id} ${type}: ${context}`),
    )
    expect(wrong).toEqual([])
  })

  test('say nothing that the schema of their model forbids', () => {
    const faults = entities.flatMap(({ profile, type, entity }) =>
      getFaults(type, entity)
        .filter(fault => !MISSING.test(fault))
        .map(fault => `${profile} ${type}: ${fault}`),
    )
    expect(faults).toEqual([])
  })

  test('are complete in at least one sample of each profile and type', () => {
    const kinds = new Set(entities.map(({ profile, type }) => `${profile} ${type}`))
    const complete = entities.filter(({ type, entity }) => getFaults(type, entity).length === 0)
    expect(new Set(complete.map(({ profile, type }) => `${profile} ${type}`))).toEqual(kinds)
  })

  test('have no attribute of another name than in their model, but the ones that are listed', () => {
    const unknown = entities.flatMap(({ profile, type, entity }) =>
      Object.keys(entity)
        .filter(name => !modelOf.get(type)?.attributes.has(name) && !BEYOND_MODEL[type]?.includes(name))
        .map(name => `${profile} ${type}.${name}`),
    )
    expect(unknown).toEqual([])
  })

  /** Each type that a profile may give an entity, with its context. */
  function listPlaced(type: EntityProfile['type'], context: EntityProfile['context']) {
    const types = typeof type === 'string' ? { default: type } : type
    return Object.entries(types).map(([placement, each]) => ({
      type: each,
      context: typeof context === 'object' ? context[placement] : context,
    }))
  }

  function getFaults(type: string, entity: Readonly<Record<string, unknown>>): readonly string[] {
    return modelOf.get(type)?.findFaults(toKeyValues(entity as Entity)) ?? []
  }
})

describeWithModels('config/smart-data-models.json', () => {
  test('is what `npm run generate` makes of the published schemas', () => {
    expect(readFileSync('config/smart-data-models.json', 'utf8')).toBe(
      toModelNamesJson(readModelNames(MODELS_FOLDER)),
    )
  })
})

describeWithModels('the published schemas', () => {
  const attribute = { type: 'Property', observedAt: '2026-01-15T09:00:00.000Z' } as const
  const location = { type: 'Point', coordinates: [14.5, 46.05] }

  test('take their own examples, but the ones that are listed', () => {
    const refused = models.map(({ type, example, findFaults }) => [type, findFaults(example)] as const)
    expect(Object.fromEntries(refused.filter(([, faults]) => faults.length > 0))).toEqual(EXAMPLE_REFUSED)
  })

  test('give the address of their own, but the ones that are listed', () => {
    const wrong = models.filter(({ hasOwnAddress }) => !hasOwnAddress).map(({ type }) => type)
    expect(wrong.sort()).toEqual([...ADDRESS_WRONG].sort())
  })

  test('refuse percent where a share is wanted, and text where a number is', () => {
    const weather = models.find(({ type }) => type === 'WeatherObserved')
    const entity: Entity = {
      id: 'urn:ngsi-ld:WeatherObserved:d1',
      type: 'WeatherObserved',
      dateObserved: { ...attribute, value: attribute.observedAt },
      location: { ...attribute, type: 'GeoProperty', value: location },
      relativeHumidity: { ...attribute, value: 63 },
      temperature: { ...attribute, value: '21.5' },
    }
    expect(weather?.findFaults(toKeyValues(entity))).toEqual([
      '/temperature must be number',
      '/relativeHumidity must be <= 1',
    ])
  })
})

test('the simplified form of each kind of attribute tells which kind it is', () => {
  const observedAt = '2026-01-15T09:00:00.000Z'
  const entity: Entity = {
    id: 'urn:ngsi-ld:Thing:1',
    type: 'Thing',
    a: { type: 'Property', value: 1, unitCode: 'CEL', observedAt },
    b: { type: 'Relationship', object: ['urn:a:1'], observedAt },
    c: { type: 'LanguageProperty', languageMap: { sl: 'odprto' }, observedAt },
    d: { type: 'JsonProperty', json: { x: 1 }, observedAt },
    e: { type: 'VocabProperty', vocab: 'road', observedAt },
    f: { type: 'ListProperty', valueList: [1, 2], observedAt },
  }
  expect(toKeyValues(entity)).toEqual({
    id: 'urn:ngsi-ld:Thing:1',
    type: 'Thing',
    a: 1,
    b: ['urn:a:1'],
    c: { languageMap: { sl: 'odprto' } },
    d: { json: { x: 1 } },
    e: { vocab: 'road' },
    f: { valueList: [1, 2] },
  })
})
