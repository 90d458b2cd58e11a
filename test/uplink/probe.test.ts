import { afterEach, describe, expect, test } from '@jest/globals'
import { probeBroker } from '../../src/uplink/probe.ts'
import { type BrokerAnswer, FixtureBroker, toJson, toProblem } from '../support/brokers/fixture-broker.ts'
import { createDestination } from '../support/destination.ts'

const UPSERT = '/ngsi-ld/v1/entityOperations/upsert'
const NOWHERE: BrokerAnswer = { status: 404, body: 'not found' }
const NO_TENANT = toJson(404, toProblem('NonexistentTenant', 404, 'no such tenant'))

const opened: FixtureBroker[] = []

afterEach(async () => {
  for (const broker of opened.splice(0)) await broker.close()
})

interface Asked {
  readonly dialect?: string
  readonly batch?: object
  readonly brokerTenant?: string
}

/** Probes a server that answers GET of these paths, each up to its query. */
async function probe(
  answers: Readonly<Record<string, BrokerAnswer | ((tenant: unknown) => BrokerAnswer)>>,
  { dialect = 'ngsi-ld', batch = {}, brokerTenant }: Asked = {},
) {
  const broker = await FixtureBroker.start(({ path, headers }) => {
    const [start = ''] = path.split('?')
    const answer = answers[start] ?? NOWHERE
    return typeof answer === 'function' ? answer(headers['ngsild-tenant']) : answer
  })
  opened.push(broker)
  const destination = createDestination({ dialect, url: broker.url, batch })
  const facts = await probeBroker({ destination, tenant: 'kranj', brokerTenant })
  return { facts, requests: broker.requests }
}

const ORION_LD = toJson(200, { 'orionld version': '1.10.0', 'orion version': '1.15.0-next' })
const ORION = toJson(200, { orion: { version: '4.1.0', uptime: '0 d' } })
const SCORPIO = toJson(200, { build: { group: 'eu.neclab.ngsildbroker', version: '5.0.9' } })
const STELLIO = toJson(200, { build: { group: 'com.egm.stellio', version: '2.30.1' } })
const UP = toJson(200, { status: 'UP' })

describe('a broker is known', () => {
  test.each([
    [
      'Orion-LD',
      'orion-ld',
      { '/version': ORION_LD },
      { name: 'Orion-LD', version: '1.10.0', batches: true },
    ],
    [
      'Orion-LD by its other words',
      'orion-ld',
      { '/ngsi-ld/ex/v1/version': toJson(200, { 'Orion-LD version': '1.1.2' }) },
      { name: 'Orion-LD', version: '1.1.2' },
    ],
    ['Orion', 'ngsi-v2', { '/version': ORION }, { name: 'Orion', version: '4.1.0', maxBytes: 1_048_576 }],
    ['Scorpio', 'scorpio', { '/q/info': SCORPIO }, { name: 'Scorpio', version: '5.0.9', maxEntities: 1_000 }],
    ['Scorpio by its health alone', 'scorpio', { '/q/health': UP }, { name: 'Scorpio' }],
    ['Stellio', 'stellio', { '/actuator/info': STELLIO }, { name: 'Stellio', version: '2.30.1' }],
    ['Stellio by its health alone', 'stellio', { '/actuator/health': UP }, { name: 'Stellio' }],
    ['coraine', 'ngsi-ld', { '/version': toJson(200, { 'coraine version': '0.3' }) }, { name: 'coraine' }],
  ])('as %s', async (_title, dialect, answers, expected) => {
    const { facts } = await probe(answers, { dialect })
    expect(facts).toMatchObject({ ...expected, misfits: [] })
  })

  test('as nobody in particular, where it does not say', async () => {
    expect((await probe({})).facts).toEqual({ name: 'unknown', misfits: [] })
    const page: BrokerAnswer = { status: 200, body: '<html>', headers: { 'Content-Type': 'text/html' } }
    expect((await probe({ '/version': page, '/q/info': page })).facts.name).toBe('unknown')
  })
})

describe('a misfit is told', () => {
  test.each([
    ['ngsi-ld', { '/version': ORION }, 'expected dialect: ngsi-v2 for Orion, got ngsi-ld'],
    ['ngsi-ld', { '/q/info': SCORPIO }, 'expected dialect: scorpio for Scorpio, got ngsi-ld'],
    ['scorpio', { '/actuator/info': STELLIO }, 'expected dialect: stellio for Stellio, got scorpio'],
    ['stellio', { '/version': ORION_LD }, 'expected dialect: orion-ld for Orion-LD, got stellio'],
  ])('dialect %s', async (dialect, answers, misfit) => {
    expect((await probe(answers, { dialect })).facts.misfits).toEqual([misfit])
  })

  test('no batches where the dialect sends them', async () => {
    const answers = { '/ngsi-ld/v1/entities': toJson(200, []) }
    expect((await probe(answers)).facts).toEqual({
      name: 'unknown',
      batches: false,
      misfits: [
        'expected a broker that has batches for dialect: ngsi-ld, got none; ngsi-ld-single needs none',
      ],
    })
    expect((await probe(answers, { dialect: 'ngsi-ld-single' })).facts.misfits).toEqual([])
    const upsert = toJson(405, { title: 'Method Not Allowed' })
    expect((await probe({ ...answers, [UPSERT]: upsert })).facts).toEqual({
      ...{ name: 'unknown', batches: true, misfits: [] },
    })
  })

  test('batches beyond what the broker takes', async () => {
    const { facts } = await probe({ '/version': ORION_LD }, { batch: { maxBytes: '2MiB' } })
    expect(facts.misfits).toEqual(['expected batch.maxBytes of at most 1048576 for Orion-LD, got 2097152'])
  })

  test('a tenant that Stellio does not have', async () => {
    const answers = {
      '/actuator/health': UP,
      '/ngsi-ld/v1/entities': (tenant: unknown) => (tenant === 'bled' ? toJson(200, []) : NO_TENANT),
    }
    const asked = { dialect: 'stellio', brokerTenant: 'kranj' }
    expect((await probe(answers, asked)).facts.misfits).toEqual([
      'expected the tenant kranj to be configured in the broker, got 404 NonexistentTenant',
    ])
    expect((await probe(answers, { ...asked, brokerTenant: 'bled' })).facts.misfits).toEqual([])
  })

  test('an Orion-LD that puts all tenants into one', async () => {
    const asked = { dialect: 'orion-ld', brokerTenant: 'kranj' }
    const one = { '/version': ORION_LD, '/ngsi-ld/v1/entities': toJson(200, []) }
    expect((await probe(one, asked)).facts.misfits).toEqual([
      'expected a broker that keeps tenants apart (-multiservice), got one that ignores NGSILD-Tenant',
    ])
    const apart = { ...one, '/ngsi-ld/v1/entities': NO_TENANT }
    expect((await probe(apart, asked)).facts.misfits).toEqual([])
    expect((await probe(one, { dialect: 'orion-ld' })).facts.misfits).toEqual([])
  })
})

test('a probe only reads, and says no Content-Type, over which Orion would refuse it', async () => {
  const { requests } = await probe({}, { brokerTenant: 'kranj' })
  expect(requests.length).toBeGreaterThan(5)
  expect(
    requests.filter(({ method, headers }) => method !== 'GET' || headers['content-type'] !== undefined),
  ).toEqual([])
})

test('a destination that does not answer is no broker yet', async () => {
  const destination = createDestination({ url: 'http://127.0.0.1:1' })
  await expect(probeBroker({ destination, tenant: 'kranj', brokerTenant: undefined })).rejects.toThrow(
    'ECONNREFUSED',
  )
})
