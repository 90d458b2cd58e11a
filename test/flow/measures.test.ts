import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { takeIn } from '../../src/agent.ts'
import { configSchema } from '../../src/config/config.ts'
import { openTo } from '../../src/egress/egress.ts'
import type { WaysIn } from '../../src/ingest/ways-in.ts'
import { Journal } from '../../src/journal/journal.ts'
import { createCredentials, createRegistry, Observed } from '../ingest/test-ingest.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { TENANT, Town, toEntityId } from '../support/town.ts'
import { until } from '../support/until.ts'

const JSON_TYPE = { 'Content-Type': 'application/json' }
const T = '2026-02-01T10:00:00Z'

describe('a measure that is sent over HTTP', () => {
  let town: Town

  beforeAll(async () => {
    town = await Town.start({ deviceCount: 6, config: { measures: { port: 0 } } })
  })

  afterAll(() => town.close())

  const toUrl = (path: string, device: string, rest = '') =>
    `${town.agent.measuresUrl}${path}?k=kranj-key&i=${device}${rest}`

  const post = (path: string, device: string, body: string, rest = '') =>
    fetch(toUrl(path, device, rest), { method: 'POST', headers: JSON_TYPE, body })

  const storedOf = (device: string) => town.broker.store.get(toEntityId(device))

  test('is an entity like one that came over MQTT', async () => {
    const answer = await post('/iot/json', 'six-1', '{"temperature":20.5,"humidity":50}')
    expect({ status: answer.status, body: await answer.json() }).toEqual({ status: 200, body: {} })
    await until('the entity has arrived', () => storedOf('six-1') !== undefined)
    expect(storedOf('six-1')).toMatchObject({
      temperature: { value: 20.5, unitCode: 'CEL' },
      relativeHumidity: { value: 0.5 },
    })
  })

  test('may be in the address', async () => {
    const data = encodeURIComponent('{"temperature":1.5}')
    expect((await fetch(toUrl('/iot/json', 'six-2', `&d=${data}`))).status).toBe(200)
    await until('the entity has arrived', () => storedOf('six-2') !== undefined)
    expect(storedOf('six-2')).toMatchObject({ temperature: { value: 1.5 } })
  })

  test('may be of one attribute', async () => {
    expect((await post('/iot/json/attrs/temperature', 'six-3', '3.5')).status).toBe(200)
    await until('the entity has arrived', () => storedOf('six-3') !== undefined)
    expect(storedOf('six-3')).toMatchObject({ temperature: { value: 3.5 } })
  })

  test.each([
    ['six-4', '/iot/json', '{"temperature":4.5}'],
    ['six-5', '/iot/json', '[{"temperature":4.5}]'],
    ['six-6', '/iot/json/attrs/temperature', '4.5'],
  ])('was observed at the t of its request: %s to %s as %s', async (device, path, body) => {
    await post(path, device, body, `&t=${T}`)
    await until('the entity has arrived', () => storedOf(device) !== undefined)
    expect(storedOf(device)).toMatchObject({
      temperature: { value: 4.5, observedAt: '2026-02-01T10:00:00.000Z' },
    })
  })

  test('with a wrong key is not kept', async () => {
    const url = `${town.agent.measuresUrl}/iot/json?k=guessed&i=six-1`
    const answer = await fetch(url, { method: 'POST', headers: JSON_TYPE, body: '{"temperature":99}' })
    expect(await answer.json()).toMatchObject({ status: 403, code: 'API_KEY_REFUSED' })
    expect(answer.status).toBe(403)
  })

  test('that no profile can read is kept in the quarantine, and 200 says that it is kept', async () => {
    expect((await post('/iot/json', 'six-1', '{"temperature":')).status).toBe(200)
    await until('it is settled', async () => (await town.agent.settled(TENANT)).quarantined === 1)
  })

  test('counts once, and each is in one term of the balance', async () => {
    expect(await town.agent.settled(TENANT)).toMatchObject({ received: 7, delivered: 6, quarantined: 1 })
    expect(town.broker.faults).toEqual([])
  })
})

describe('200', () => {
  let engine: MemoryEngine
  let journal: Journal
  let ways: WaysIn

  beforeEach(async () => {
    engine = new MemoryEngine()
    const bounds = { maxBytes: 2 ** 30, retentionMs: 1_000, onFull: 'reject' as const, lanes: [] }
    journal = await Journal.open(engine, { ...bounds, isDiskFull: () => false }, () => {})
    const { mqtt, measures, bridges } = configSchema.parse({
      mqtt: { listeners: [] },
      measures: { port: 0 },
    })
    const device = { tenant: 'kranj', id: 'six-1', profile: 'p', apikey: 'k' }
    ways = await takeIn(journal, {
      ...{ mqtt, measures, bridges, key: Buffer.alloc(32), onBridge: () => undefined },
      registry: createRegistry({ tenants: [{ id: 'kranj' }], devices: [device] }),
      credentials: createCredentials([]),
      observer: new Observed(),
      egress: openTo(),
    })
  })

  afterEach(async () => {
    engine.release()
    await ways.close()
  })

  const send = () =>
    fetch(`http://127.0.0.1:${ways.measures?.port}/iot/json?k=k&i=six-1`, {
      method: 'POST',
      headers: JSON_TYPE,
      body: '{"t":1}',
    })

  test('comes after the flush, and not while the flush is held back', async () => {
    engine.hold()
    let isAnswered = false
    const answer = send().then(({ status }) => {
      isAnswered = true
      return status
    })
    // Refused at once, so whatever had been answered before would be here by now.
    const refused = await fetch(`http://127.0.0.1:${ways.measures?.port}/iot/json`, { method: 'POST' })
    expect({ status: refused.status, isAnswered }).toEqual({ status: 400, isAnswered: false })
    engine.release()
    expect(await answer).toBe(200)
    expect(engine.commits).toBe(1)
  })

  test('never comes from a journal that fails, however often a sensor tries; once it works again, it does', async () => {
    engine.fail(new Error('no space left on device'))
    for (let round = 0; round < 20; round += 1) {
      const answer = await send()
      expect(answer.status).toBe(503)
      expect(await answer.json()).toMatchObject({
        code: 'JOURNAL_FAILED',
        detail: 'no space left on device',
      })
    }
    expect(journal.getReceived('kranj')).toBe(0)
    engine.fail()
    expect((await send()).status).toBe(200)
    expect(journal.getReceived('kranj')).toBe(1)
  })
})
