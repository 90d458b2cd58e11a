import { afterEach, describe, expect, test } from '@jest/globals'
import type { EntityText, Outcome } from '../../../src/reading.ts'
import { createDialect } from '../../../src/uplink/dialects.ts'
import { PreviewStore } from '../../../src/uplink/preview-store.ts'
import { Uplink } from '../../../src/uplink/uplink.ts'
import { FixtureBroker, type Wording } from '../../support/brokers/fixture-broker.ts'
import { MISHAPS } from '../../support/brokers/mishaps.ts'
import { ngsiLd } from '../../support/brokers/ngsi-ld.ts'
import { diwise, ngsiLdSingle } from '../../support/brokers/ngsi-ld-single.ts'
import { ngsiV2 } from '../../support/brokers/ngsi-v2.ts'
import { orionLd } from '../../support/brokers/orion-ld.ts'
import { scorpio } from '../../support/brokers/scorpio.ts'
import { stellio } from '../../support/brokers/stellio.ts'
import { createDestination } from '../../support/destination.ts'
import { createEntity } from '../../support/entities.ts'

const TENANT = 'mesto_kranj'

/** Each dialect with the broker that it is for. */
const DIALECTS: readonly (readonly [title: string, dialect: string, wording: Wording])[] = [
  ['ngsi-ld and a broker that words as the standard', 'ngsi-ld', ngsiLd],
  ['ngsi-ld and Orion-LD', 'ngsi-ld', orionLd],
  ['orion-ld', 'orion-ld', orionLd],
  ['scorpio', 'scorpio', scorpio],
  ['stellio', 'stellio', stellio],
  ['ngsi-v2', 'ngsi-v2', ngsiV2],
  ['ngsi-ld-single', 'ngsi-ld-single', ngsiLdSingle],
  ['ngsi-ld-single and diwise', 'ngsi-ld-single', diwise],
]

const opened: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

/** A broker of this wording, and what delivers to it. */
async function open(dialect: string, wording: Wording) {
  const broker = await FixtureBroker.start(wording)
  opened.push(() => broker.close())
  broker.tenants.add(wording === stellio ? TENANT : '')
  const destination = createDestination({
    ...{ dialect, url: `${broker.url}/`, auth: { kind: 'bearer', token: 'abc' } },
    batch: { maxEntities: 10, linger: '1ms' },
    concurrency: { min: 1, max: 2 },
    retry: { initial: '1ms', max: '5ms', alarmMax: '5ms', retryAfterMax: '5ms' },
  })
  const address = { destination, tenant: 'kranj', brokerTenant: TENANT, brokerPath: '/parks' }
  const uplink = new Uplink(createDialect(address, new PreviewStore()), {
    ...destination,
    onTrouble: () => {},
  })
  opened.push(() => uplink.close())
  return { broker, uplink }
}

function send(uplink: Uplink, ...entities: readonly EntityText[]): Promise<Outcome> {
  return new Promise(resolve => uplink.send(entities, resolve))
}

function toId(number: number): string {
  return `urn:ngsi-ld:WeatherObserved:${number}`
}

function createMany(first: number, last: number, temperature = 21): EntityText[] {
  return Array.from({ length: last - first + 1 }, (_, index) =>
    createEntity(toId(first + index), { temperature }),
  )
}

function getValue(broker: FixtureBroker, id: string, attribute: string): unknown {
  return (broker.entities.get(id)?.[attribute] as { value?: unknown } | undefined)?.value
}

describe.each(DIALECTS)('%s', (_title, dialect, wording) => {
  test('delivers entities that the broker does not know, that it knows, and both together', async () => {
    const { broker, uplink } = await open(dialect, wording)
    expect(await send(uplink, ...createMany(1, 5, 20))).toEqual({ kind: 'delivered' })
    expect(await send(uplink, ...createMany(1, 5, 21))).toEqual({ kind: 'delivered' })
    expect(await send(uplink, ...createMany(3, 8, 22))).toEqual({ kind: 'delivered' })
    expect([...broker.entities.keys()].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map(toId))
    expect([1, 2, 3, 8].map(number => getValue(broker, toId(number), 'temperature'))).toEqual([
      21, 21, 22, 22,
    ])
  })

  test('attributes that are not sent stay, and attributes that are new are added', async () => {
    const { broker, uplink } = await open(dialect, wording)
    await send(uplink, createEntity(toId(1), { temperature: 20, humidity: 0.5 }))
    const outcome = await send(uplink, createEntity(toId(1), { temperature: 21, pressure: 1_013 }))
    expect(outcome).toEqual({ kind: 'delivered' })
    const values = ['temperature', 'humidity', 'pressure'].map(name => getValue(broker, toId(1), name))
    expect(values).toEqual([21, 0.5, 1_013])
  })

  test('a refused entity goes to quarantine with the words of the broker, and the other nine arrive', async () => {
    const { broker, uplink } = await open(dialect, wording)
    broker.refused.set(toId(4), 'a snowman is no weather')
    const outcomes = await Promise.all(createMany(1, 10).map(entity => send(uplink, entity)))
    const refused = outcomes.filter(({ kind }) => kind === 'quarantined')
    expect(refused).toHaveLength(1)
    expect(outcomes[3]).toMatchObject({
      code: 'ENTITY_REFUSED',
      detail: expect.stringMatching(/^urn:ngsi-ld:WeatherObserved:4: .*a snowman is no weather/),
    })
    expect(broker.entities.size).toBe(9)
  })

  test('a batch of nothing but refused entities goes to quarantine, each', async () => {
    const { broker, uplink } = await open(dialect, wording)
    for (const number of [1, 2, 3]) broker.refused.set(toId(number), `no ${number}`)
    const outcomes = await Promise.all(createMany(1, 3).map(entity => send(uplink, entity)))
    expect(outcomes).toEqual(
      [1, 2, 3].map(number => ({
        kind: 'quarantined',
        code: 'ENTITY_REFUSED',
        detail: expect.stringContaining(`no ${number}`),
      })),
    )
    expect(broker.entities.size).toBe(0)
  })

  test.each(Object.entries(MISHAPS))('%s confirms nothing and loses nothing', async (_name, mishap) => {
    const { broker, uplink } = await open(dialect, wording)
    broker.meet(mishap, mishap)
    const storedWhenSettled = await new Promise(resolve =>
      uplink.send(createMany(1, 3), ({ kind }) => resolve([kind, broker.entities.size])),
    )
    expect(storedWhenSettled).toEqual(['delivered', 3])
    expect(broker.requests.length).toBeGreaterThanOrEqual(3)
  })

  test('every request says its length, its tenant and its login, and is not chunked', async () => {
    const { broker, uplink } = await open(dialect, wording)
    await send(uplink, ...createMany(1, 2))
    expect(broker.requests.length).toBeGreaterThan(0)
    for (const { headers, body } of broker.requests) {
      expect(headers).toMatchObject({
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        authorization: 'Bearer abc',
        ...(dialect === 'ngsi-v2'
          ? { 'fiware-service': TENANT, 'fiware-servicepath': '/parks' }
          : { 'ngsild-tenant': TENANT }),
      })
      expect(headers['transfer-encoding']).toBeUndefined()
    }
  })

  test('letters of Slovenian, and ids that are percent-encoded, arrive as they are', async () => {
    const { broker, uplink } = await open(dialect, wording)
    const id = 'urn:ngsi-ld:WeatherObserved:Cistilna%20naprava'
    for (const name of ['Čistilna naprava', 'Žale']) {
      expect(await send(uplink, createEntity(id, { name }))).toEqual({ kind: 'delivered' })
      expect(getValue(broker, id, 'name')).toBe(name)
    }
    expect([...broker.entities.keys()]).toEqual([id])
  })
})
