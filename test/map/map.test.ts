import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseEntity } from '../../src/entity-text.ts'
import { compileMapper } from '../../src/map/map.ts'
import { createProfile, createProfileOf } from '../profiles/sound-profile.ts'
import { DEVICE, mapWith, OBSERVED_AT } from './map-values.ts'

const WEATHER = 'https://example.org/weather.jsonld'
const INDOOR = 'https://example.org/indoor.jsonld'

describe('an entity', () => {
  test('is normalized NGSI-LD with a time on every attribute', () => {
    const profile = createProfileOf({
      temperature: { from: 't', unit: 'CEL' },
      location: { geo: 'device.location' },
      refDevice: { relationship: 'urn:ngsi-ld:Device:{device.id}' },
    })
    expect(mapWith(profile, { t: 21.5 })).toEqual({
      entities: [
        {
          id: 'urn:ngsi-ld:Thing:d1',
          type: 'Thing',
          temperature: { type: 'Property', value: 21.5, unitCode: 'CEL', observedAt: OBSERVED_AT },
          location: {
            type: 'GeoProperty',
            value: { type: 'Point', coordinates: [14.3556, 46.2389] },
            observedAt: OBSERVED_AT,
          },
          refDevice: { type: 'Relationship', object: 'urn:ngsi-ld:Device:d1', observedAt: OBSERVED_AT },
        },
      ],
      omitted: 0,
    })
  })

  test('is left out when only constants, the device and the time have something to say', () => {
    const profile = createProfileOf({
      temperature: { from: 't', max: 50 },
      kind: { value: 'fixed' },
      floor: { from: 'device.attributes.floor' },
      dateObserved: { from: 'reading.observedAt' },
      location: { geo: 'device.location' },
      refDevice: { relationship: 'urn:ngsi-ld:Device:{device.id}' },
    })
    expect(mapWith(profile, {})).toEqual({ entities: [], omitted: 0 })
    expect(mapWith(profile, { t: 127 })).toEqual({ entities: [], omitted: 1 })
    expect(mapWith(profile, { t: 12 }).entities).toHaveLength(1)
  })

  test('is made when the place comes from the reading', () => {
    expect(mapWith(createProfileOf({ location: { geo: 'p' } }), { p: [14, 46] }).entities).toHaveLength(1)
  })

  test('is made when a part of an attribute comes from the reading', () => {
    const profile = createProfileOf({ x: { from: { floor: 'device.attributes.floor', t: 't' } } })
    expect(mapWith(profile, { t: 1 }).entities).toHaveLength(1)
  })

  test('is that of the sensor that a gateway names in its reading', () => {
    const attributes = {
      t: { from: 't' },
      refDevice: {
        relationship: ['urn:ngsi-ld:Device:{device.id}', 'urn:ngsi-ld:Device:{reading.values.by}'],
      },
    }
    const profile = createProfile({
      entities: [{ type: 'Thing', id: 'urn:ngsi-ld:{type}:{reading.values.device.id}', attributes }],
    })
    expect(mapWith(profile, { device: { id: 'klet 2' }, t: 7 }).entities).toEqual([
      {
        id: 'urn:ngsi-ld:Thing:klet%202',
        type: 'Thing',
        t: { type: 'Property', value: 7, observedAt: OBSERVED_AT },
        refDevice: {
          type: 'Relationship',
          object: ['urn:ngsi-ld:Device:d1'],
          observedAt: OBSERVED_AT,
        },
      },
    ])
    const map = compileMapper(profile)
    const ids = ['a', 'b'].map(id => {
      const reading = { values: { device: { id }, t: 7 }, observedAt: Date.parse(OBSERVED_AT) }
      return map(reading, DEVICE).entities.map(entity => entity.id)
    })
    expect(ids).toEqual([['urn:ngsi-ld:Thing:a'], ['urn:ngsi-ld:Thing:b']])
    expect(() => mapWith(profile, { t: 7 })).toThrow('MAP_FAILED: Thing.id: expected all that')
  })

  test('is one of several, each with what concerns it', () => {
    const profile = createProfile({
      entities: [
        { type: 'AirQualityObserved', attributes: { pm10: { from: 'pm10' } } },
        {
          type: 'NoiseLevelObserved',
          id: 'urn:{tenant}:{device.id}:noise',
          attributes: { LAeq: { from: 'noise' } },
        },
      ],
    })
    const ids = (values: Record<string, unknown>) => mapWith(profile, values).entities.map(({ id }) => id)
    expect(ids({ pm10: 1, noise: 2 })).toEqual(['urn:ngsi-ld:AirQualityObserved:d1', 'urn:kranj:d1:noise'])
    expect(ids({ noise: 2 })).toEqual(['urn:kranj:d1:noise'])
  })

  test.each([
    [undefined, 'Outdoor'],
    ['indoor', 'Indoor'],
    ['roof', 'Outdoor'],
    ['constructor', 'Outdoor'],
  ])('of a device placed %s is a %s', (placement, type) => {
    const profile = createProfile({
      entities: [{ type: { default: 'Outdoor', indoor: 'Indoor' }, attributes: { t: { from: 't' } } }],
    })
    expect(mapWith(profile, { t: 1 }, { ...DEVICE, placement }).entities[0]).toMatchObject({
      id: `urn:ngsi-ld:${type}:d1`,
      type,
    })
  })

  test.each([
    ['that its profile names', WEATHER, undefined, WEATHER],
    ['none where its profile names none', undefined, undefined, undefined],
    ['the one for its placement', { default: WEATHER, indoor: INDOOR }, 'indoor', INDOOR],
    ['the default for another placement', { default: WEATHER, indoor: INDOOR }, 'roof', WEATHER],
  ])('carries a context: %s', (_title, context, placement, expected) => {
    const profile = createProfile({
      entities: [{ type: 'Thing', ...(context && { context }), attributes: { t: { from: 't' } } }],
    })
    const reading = { values: { t: 1 }, observedAt: Date.parse(OBSERVED_AT) }
    const { entities } = compileMapper(profile)(reading, { ...DEVICE, placement })
    expect(entities.map(entity => entity.context)).toEqual([expected])
    expect(entities.map(parseEntity)).toEqual([
      {
        id: 'urn:ngsi-ld:Thing:d1',
        type: 'Thing',
        t: { type: 'Property', value: 1, observedAt: OBSERVED_AT },
      },
    ])
  })

  test('cannot be made without what its id names', () => {
    const profile = createProfile({
      entities: [{ type: 'Thing', id: 'urn:{device.attributes.spot}', attributes: { t: { from: 't' } } }],
    })
    expect(() => mapWith(profile, { t: 1 })).toThrow(
      'MAP_FAILED: Thing.id: expected all that urn:{device.attributes.spot} names, got device "d1"',
    )
  })

  test('counts each value that it leaves out', () => {
    const profile = createProfileOf({ a: { from: 'a', max: 1 }, b: { from: 'b', max: 1 }, c: { from: 'c' } })
    expect(mapWith(profile, { a: 2, b: 3, c: 4 }).omitted).toBe(2)
  })

  test('with a value that does not fit is refused as a whole where the profile says so', () => {
    const profile = createProfileOf({ a: { from: 'a', min: -40, max: 1 } }, { outOfRange: 'quarantine' })
    expect(() => mapWith(profile, { a: 2 })).toThrow(
      'MAP_FAILED: Thing.a: expected a number from -40 to 1, got 2',
    )
    expect(() => mapWith(profile, { a: 'hot' })).toThrow('MAP_FAILED: Thing.a: expected a number, got "hot"')
  })
})

describe('the text of an entity', () => {
  test('says any value as JSON.stringify would', () => {
    const profile = createProfileOf({ x: { from: 'x' }, always: { from: 'always' } })
    fc.assert(
      fc.property(fc.jsonValue().map(toExact), x => {
        const [entity] = mapWith(profile, { x, always: 1 }).entities
        const expected = x === null ? undefined : { type: 'Property', value: x, observedAt: OBSERVED_AT }
        expect(entity?.['x']).toEqual(JSON.parse(JSON.stringify({ expected })).expected)
      }),
    )
  })

  test('names the attributes that it holds, in the order of the profile', () => {
    const profile = createProfileOf({ a: { from: 'a' }, b: { from: 'b' }, c: { from: 'c', max: 1 } })
    const names = (values: Record<string, unknown>) =>
      compileMapper(profile)({ values, observedAt: 0 }, DEVICE).entities[0]?.attributes
    expect(names({ c: 1, b: 1, a: 1 })).toEqual(['a', 'b', 'c'])
    expect(names({ b: 1, c: 2 })).toEqual(['b'])
  })
})

/** The same value with a 0 for each number that is too large to be exact. */
function toExact(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_key, item) =>
    typeof item === 'number' && Math.abs(item) > Number.MAX_SAFE_INTEGER ? 0 : item,
  )
}
