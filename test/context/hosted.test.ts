import { beforeEach, describe, expect, test } from '@jest/globals'
import { HostedContexts } from '../../src/context/hosted.ts'
import { toHostedAddress } from '../../src/context/hosted-address.ts'
import { expandTerm } from '../../src/context/terms.ts'
import { listUsedNames } from '../../src/context/used-names.ts'
import { DEVICE_STATUS } from '../../src/profiles/device-status.ts'
import { loadProfiles } from '../../src/profiles/load.ts'
import type { Profile } from '../../src/profiles/profile.ts'
import { createProfile } from '../profiles/sound-profile.ts'

const MODELS = 'https://smart-data-models.github.io'
const WEATHER = `${MODELS}/dataModel.Weather/context.jsonld`
const DEVICE = `${MODELS}/dataModel.Device/context.jsonld`
const FOREIGN = 'https://example.org/city.jsonld'
const OURS = 'https://kranj.example/terms#'

type Context = Readonly<Record<string, string | Readonly<Record<string, unknown>>>>

let contexts: HostedContexts

beforeEach(() => {
  contexts = new HostedContexts(OURS)
})

function use(...profiles: readonly Profile[]): void {
  contexts.use(profiles)
}

function read(path: string): Context {
  return JSON.parse(contexts.get(path)?.body ?? 'null')['@context']
}

/** A profile with one entity. */
function profileOf(type: string, context: string | undefined, ...names: readonly string[]): Profile {
  const attributes = Object.fromEntries(names.map(name => [name, { from: name }]))
  return createProfile({ id: type.toLowerCase(), entities: [{ type, context, attributes }] })
}

/** What a JSON-LD 1.1 processor makes of an attribute of an entity: the context of its type goes before the whole (4.1.8). */
function expandIn(context: Context, type: string, name: string): unknown {
  const ofType = context[type]
  const scoped = typeof ofType === 'object' ? (ofType['@context'] as Context | undefined) : undefined
  return toIri(scoped?.[name] ?? context[name])
}

function toIri(definition: Context[string] | undefined): unknown {
  return typeof definition === 'object' ? definition['@id'] : definition
}

describe('the context of everything', () => {
  test('has the types and attributes of the profiles in use, as their models name them', () => {
    use(profileOf('WeatherObserved', WEATHER, 'temperature', 'frost', 'location'))
    expect(read('/context.jsonld')).toMatchObject({
      id: '@id',
      type: '@type',
      WeatherObserved: 'https://smartdatamodels.org/dataModel.Weather/WeatherObserved',
      temperature: 'https://smartdatamodels.org/dataModel.Weather/temperature',
      location: 'https://uri.etsi.org/ngsi-ld/location',
      frost: 'https://kranj.example/terms#frost',
    })
  })

  test('has the names that stand within values, and none of models that are not in use', () => {
    use(profileOf('WeatherObserved', WEATHER, 'temperature'))
    expect(read('/context.jsonld')).toMatchObject({
      streetAddress: 'https://smartdatamodels.org/streetAddress',
    })
    expect(read('/context.jsonld')).not.toHaveProperty('OnStreetParking')
  })

  test('tells by the type what an attribute means that models name differently', () => {
    use(
      profileOf('WeatherObserved', WEATHER, 'temperature'),
      profileOf('WeatherForecast', WEATHER, 'temperature'),
      profileOf('Device', DEVICE, 'temperature'),
    )
    const context = read('/context.jsonld')
    expect(context['temperature']).toBe('https://smartdatamodels.org/dataModel.Weather/temperature')
    expect(context['WeatherObserved']).toBe('https://smartdatamodels.org/dataModel.Weather/WeatherObserved')
    expect(context['Device']).toEqual({
      '@id': 'https://smartdatamodels.org/dataModel.Device/Device',
      '@context': { temperature: 'https://smartdatamodels.org/dataModel.Device/temperature' },
    })
  })

  test('says nothing of names under a context that is not known', () => {
    use(profileOf('CityThing', FOREIGN, 'temperature'))
    expect(read('/context.jsonld')).toEqual({ id: '@id', type: '@type' })
  })

  test('has sub-attributes, and the types of all placements', () => {
    const type = { default: 'WeatherObserved', indoor: 'IndoorEnvironmentObserved' }
    const context = { default: WEATHER, indoor: `${MODELS}/dataModel.Environment/context.jsonld` }
    const attributes = { temperature: { from: 'temperature', extra: { hush: { from: 'hush' } } } }
    use(createProfile({ entities: [{ type, context, attributes }] }))
    expect(read('/context.jsonld')).toMatchObject({
      hush: 'https://kranj.example/terms#hush',
      // One type against one: by letters the other one is first.
      temperature: 'https://smartdatamodels.org/dataModel.Environment/temperature',
      IndoorEnvironmentObserved:
        'https://smartdatamodels.org/dataModel.Environment/IndoorEnvironmentObserved',
      WeatherObserved: {
        '@id': 'https://smartdatamodels.org/dataModel.Weather/WeatherObserved',
        '@context': { temperature: 'https://smartdatamodels.org/dataModel.Weather/temperature' },
      },
    })
  })

  test('gives every name of the profiles that ship the IRI of the context that they name', () => {
    const shipped = loadProfiles(['devices'])
    const profiles = shipped.faults === undefined ? [...shipped.value.values()] : []
    use(...profiles)
    const context = read('/context.jsonld')
    const used = listUsedNames(profiles)
    expect(used.length).toBeGreaterThan(20)
    const wrong = used.flatMap(({ type, context: own, attributes }) => [
      ...(toIri(context[type]) === expandTerm(own, type, OURS) ? [] : [type]),
      ...attributes
        .filter(name => expandIn(context, type, name) !== expandTerm(own, name, OURS))
        .map(name => `${type}.${name}`),
    ])
    expect(wrong).toEqual([])
  })
})

describe('the context of one model', () => {
  test('has all that is published, and the names beyond it of the profiles under it', () => {
    use(profileOf('WeatherObserved', WEATHER, 'frost'), profileOf('Device', DEVICE, 'dust'))
    const context = read('/contexts/dataModel.Weather.jsonld')
    expect(context).toMatchObject({
      frost: 'https://kranj.example/terms#frost',
      temperature: 'https://smartdatamodels.org/dataModel.Weather/temperature',
      coordinates: { '@container': '@list', '@id': 'https://purl.org/geojson/vocab#coordinates' },
    })
    expect(context).not.toHaveProperty('dust')
  })

  test('is there for names without a context too', () => {
    use(profileOf('Thing', undefined, 'frost'))
    expect(read('/contexts/own.jsonld')).toEqual({
      id: '@id',
      type: '@type',
      Thing: 'https://kranj.example/terms#Thing',
      frost: 'https://kranj.example/terms#frost',
    })
  })
})

test('names of the agent’s own messages are there without any profile', () => {
  contexts = new HostedContexts(OURS, [DEVICE_STATUS])
  use()
  expect(read('/context.jsonld')).toMatchObject({
    Device: 'https://smartdatamodels.org/dataModel.Device/Device',
    deviceState: 'https://smartdatamodels.org/dataModel.Device/deviceState',
    dateLastValueReported: 'https://smartdatamodels.org/dataModel.Device/dateLastValueReported',
    batteryLevel: expect.stringMatching(/^https:\/\/smartdatamodels\.org\//),
  })
})

test('changed profiles change the context and its tag', () => {
  use(profileOf('WeatherObserved', WEATHER, 'frost'))
  const before = contexts.get('/context.jsonld')
  use(profileOf('WeatherObserved', WEATHER, 'dew'))
  expect(contexts.get('/context.jsonld')?.etag).not.toBe(before?.etag)
  expect(read('/context.jsonld')).not.toHaveProperty('frost')
  expect(read('/context.jsonld')).toHaveProperty('dew')
})

test.each([
  [WEATHER, 'https://kranj.example/agent/contexts/dataModel.Weather.jsonld'],
  [undefined, 'https://kranj.example/agent/contexts/own.jsonld'],
  [FOREIGN, FOREIGN],
])('what takes the place of %p is %p', (own, hosted) => {
  expect(toHostedAddress('https://kranj.example/agent/', own)).toBe(hosted)
})
