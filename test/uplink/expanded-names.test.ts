import { afterEach, expect, test } from '@jest/globals'
import { parseEntity, withAttributes } from '../../src/entity-text.ts'
import { expandNames } from '../../src/uplink/expanded-names.ts'
import { ngsiLd } from '../support/brokers/ngsi-ld.ts'
import { type OpenDialect, openDialect } from '../support/dialect.ts'
import { createEntity } from '../support/entities.ts'

const WEATHER = 'https://smart-data-models.github.io/dataModel.Weather/context.jsonld'
const CITY = 'https://example.org/city.jsonld'
const OWN = 'https://smartdatamodels.org/dataModel.Weather/'
const SHARED = 'https://smartdatamodels.org/'

let opened: OpenDialect | undefined

afterEach(async () => {
  await opened?.close()
  opened = undefined
})

function expand(attributes: Readonly<Record<string, object>>, context: string | undefined = WEATHER) {
  const entity = withAttributes(createEntity('urn:x:a', {}, context), attributes)
  const expanded = expandNames(entity)
  return { entity, expanded, json: parseEntity(expanded) }
}

test('names are those that the context of the Smart Data Models gives them, and values stay as they are', () => {
  const temperature = { type: 'Property', value: { temperature: 21 }, unitCode: 'CEL', observedAt: 'now' }
  const { json, expanded } = expand({ temperature, dataProvider: { type: 'Property', value: 'temperature' } })
  expect(json).toEqual({
    id: 'urn:x:a',
    type: `${OWN}WeatherObserved`,
    [`${OWN}temperature`]: temperature,
    [`${SHARED}dataProvider`]: { type: 'Property', value: 'temperature' },
  })
  expect(expanded.type).toBe(`${OWN}WeatherObserved`)
  expect(expanded.attributes).toEqual([`${OWN}temperature`, `${SHARED}dataProvider`])
})

test('names of NGSI-LD itself, and names that no context has, are what they are to every broker', () => {
  const { json } = expand({
    location: { type: 'GeoProperty', value: { type: 'Point', coordinates: [1, 2] } },
    frost: { type: 'Property', value: true },
  })
  expect(Object.keys(json)).toEqual(['id', 'type', 'location', 'frost'])
})

test('sub-attributes and terms of a vocabulary are expanded too', () => {
  const { json } = expand({
    temperature: { type: 'Property', value: 21, source: { type: 'Property', value: 'source' } },
    weatherType: { type: 'VocabProperty', vocab: ['temperature', 'frost'] },
  })
  expect(json).toMatchObject({
    [`${OWN}temperature`]: { [`${SHARED}source`]: { type: 'Property', value: 'source' } },
    [`${OWN}weatherType`]: { vocab: [`${OWN}temperature`, 'frost'] },
  })
})

test('an entity of a context that is not known, or of none, stays as it is', () => {
  for (const context of [CITY, undefined]) {
    const { entity, expanded } = expand({ temperature: { type: 'Property', value: 21 } }, context ?? '')
    expect(expanded).toBe(entity)
  }
})

test('a destination with expanded names gets no Link, but for a context that is not known', async () => {
  opened = await openDialect('ngsi-ld', ngsiLd, { context: 'expanded' })
  await opened.deliver(createEntity('urn:x:a', { temperature: 21 }, WEATHER))
  await opened.deliver(createEntity('urn:x:b', { temperature: 21 }, CITY))
  const { requests, entities } = opened.broker
  expect(requests.map(({ headers }) => headers['link'])).toEqual([
    undefined,
    `<${CITY}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`,
  ])
  expect(Object.keys(entities.get('urn:x:a') ?? {})).toContain(`${OWN}temperature`)
  expect(Object.keys(entities.get('urn:x:b') ?? {})).toContain('temperature')
})
