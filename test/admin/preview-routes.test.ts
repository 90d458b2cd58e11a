import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Entity } from '../../src/reading.ts'
import type { PreviewQuery } from '../../src/uplink/preview-store.ts'
import { problem, TestHttp } from './test-http.ts'

const observedAt = '2026-01-15T09:00:00.000Z'
const PLACE = { type: 'Point', coordinates: [14.36, 46.24] }

/** One attribute of every kind. */
const ENTITY: Entity = {
  id: 'urn:ngsi-ld:WeatherObserved:šola 1',
  type: 'WeatherObserved',
  temperature: { type: 'Property', value: 21.5, unitCode: 'CEL', observedAt },
  flags: { type: 'Property', value: [false, null, { a: 0 }], observedAt },
  location: { type: 'GeoProperty', value: PLACE, observedAt },
  refDevice: { type: 'Relationship', object: 'urn:ngsi-ld:Device:1', observedAt },
  refPlaces: { type: 'Relationship', object: ['urn:a', 'urn:b'], observedAt },
  name: { type: 'LanguageProperty', languageMap: { sl: 'Šola', en: 'School' }, observedAt },
  raw: { type: 'JsonProperty', json: { b: [1] }, observedAt },
  category: { type: 'VocabProperty', vocab: 'sensor', observedAt },
  track: { type: 'ListProperty', valueList: [1, [2]], observedAt },
}

const SIMPLIFIED = {
  id: ENTITY.id,
  type: 'WeatherObserved',
  temperature: 21.5,
  flags: [false, null, { a: 0 }],
  location: PLACE,
  refDevice: 'urn:ngsi-ld:Device:1',
  refPlaces: ['urn:a', 'urn:b'],
  name: { languageMap: { sl: 'Šola', en: 'School' } },
  raw: { json: { b: [1] } },
  category: { vocab: 'sensor' },
  track: { valueList: [1, [2]] },
}

const LIST = '/ngsi-ld/v1/entities'
const ONE = `${LIST}/${encodeURIComponent(ENTITY.id)}`

let http: TestHttp
let queries: PreviewQuery[]

beforeEach(async () => {
  queries = []
  http = await TestHttp.open({
    listEntities: async query => {
      queries.push(query)
      return query.ids?.includes(ENTITY.id) === false ? [] : [ENTITY]
    },
  })
})

afterEach(() => http.close())

describe('the list of entities', () => {
  test('gives them as they are', async () => {
    expect(await http.get(LIST)).toMatchObject({ status: 200, body: [ENTITY] })
    expect((await http.get(LIST)).type).toContain('application/json')
    expect((await http.get(`${LIST}?options=normalized`)).body).toEqual([ENTITY])
  })

  test.each(['keyValues', 'simplified'])(
    'gives every kind of attribute as its bare value with %s',
    async options => {
      expect((await http.get(`${LIST}?options=${options}`)).body).toEqual([SIMPLIFIED])
    },
  )

  test.each<[string, PreviewQuery]>([
    ['', { limit: 100, offset: 0 }],
    ['?limit=0', { limit: 0, offset: 0 }],
    ['?limit=1000&offset=2000', { limit: 1_000, offset: 2_000 }],
    ['?type=A', { types: ['A'], limit: 100, offset: 0 }],
    ['?type=A,B&id=urn:a,urn:b', { types: ['A', 'B'], ids: ['urn:a', 'urn:b'], limit: 100, offset: 0 }],
  ])('asks for what the query %j says', async (query, expected) => {
    await http.get(`${LIST}${query}`)
    expect(queries).toEqual([expected])
  })

  test('is that of one tenant, where the request names it as a broker wants it', async () => {
    await http.get(LIST, { 'NGSILD-Tenant': 'kranj' })
    expect(queries).toEqual([{ tenant: 'kranj', limit: 100, offset: 0 }])
  })

  test.each([
    ['limit=-1', /^limit: expected at least 0, got "-1"$/],
    ['limit=1001', /^limit: /],
    ['limit=1.5', /^limit: /],
    ['limit=many', /^limit: /],
    ['offset=-1', /^offset: /],
    ['options=sysAttrs', /^options: .*, got "sysAttrs"$/],
    ['q=temperature>20', /^q: this key is not known$/],
    ['type=A&type=B', /^type: /],
  ])('refuses %s', async (query, detail) => {
    expect(await http.get(`${LIST}?${query}`)).toMatchObject(problem(400, expect.stringMatching(detail)))
    expect(queries).toEqual([])
  })
})

describe('one entity', () => {
  test('is found by its id, whatever is in it', async () => {
    expect(await http.get(ONE)).toMatchObject({ status: 200, body: ENTITY })
    expect(queries).toEqual([{ ids: [ENTITY.id], limit: 1, offset: 0 }])
  })

  test('is given as bare values too', async () => {
    expect((await http.get(`${ONE}?options=keyValues`)).body).toEqual(SIMPLIFIED)
  })

  test('is looked for in the tenant of the request', async () => {
    await http.get(ONE, { 'NGSILD-Tenant': 'kranj' })
    expect(queries).toEqual([{ ids: [ENTITY.id], tenant: 'kranj', limit: 1, offset: 0 }])
  })

  test('of which nothing has arrived is not found', async () => {
    expect(await http.get(`${LIST}/urn:ngsi-ld:Device:2`)).toMatchObject(
      problem(404, 'No reading of urn:ngsi-ld:Device:2 has arrived.'),
    )
  })

  test.each(['options=all', 'limit=1'])('refuses %s', async query => {
    expect(await http.get(`${ONE}?${query}`)).toMatchObject(problem(400, expect.any(String)))
  })
})
