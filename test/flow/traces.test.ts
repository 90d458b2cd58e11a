import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { MqttClient } from 'mqtt'
import { connect } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town, toEntityId } from '../support/town.ts'
import { until } from '../support/until.ts'

const TESTS = 7
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

interface Trace {
  readonly messages: readonly Readonly<Record<string, unknown>>[]
}

let town: Town
let client: MqttClient
let used = 0
/** Two of each test, for itself alone. */
let device: string
let neighbour: string
/** How many messages came before the test: the position of its first. */
let received: number

beforeAll(async () => {
  const script =
    'function decodeUplink(input) { return { data: input.bytes[0] ? { sequence: input.bytes[0] } : {} } }'
  town = await Town.start({ deviceCount: 2 * TESTS, scripts: { scripted: script }, mayPublish: ['#'] })
})

beforeEach(async () => {
  used += 2
  device = `six-${used - 1}`
  neighbour = `six-${used}`
  client = await connect({ url: town.agent.mqttUrl, ...GATEWAY })
  received = (await town.agent.settled(TENANT)).received
})

afterEach(async () => {
  town.broker.behave({ kind: 'normal' })
  await client.endAsync(true)
})

afterAll(() => town.close())

async function publish(from: string, payload: string): Promise<void> {
  await client.publishAsync(`tromost/${from}/up`, payload, { qos: 1 })
}

async function trace(query = ''): Promise<Trace> {
  const { status, body } = await town.agent.get(`/api/v1/messages?device=${device}${query}`)
  expect(status).toBe(200)
  return body as Trace
}

test('a message is traced from its bytes to the answer of the broker', async () => {
  await publish(device, '{"sequence":1,"temperature":20}')
  await publish(neighbour, '{"sequence":1,"temperature":-5}')
  await town.agent.settled(TENANT)
  const { messages, ...found } = await trace()
  expect(found).toEqual({ tenant: TENANT, device, scanned: received + 2, isComplete: true })
  expect(messages).toHaveLength(1)
  expect(messages[0]).toMatchObject({
    tenant: TENANT,
    device,
    position: received,
    topic: `tromost/${device}/up`,
    qos: 1,
    receivedAt: expect.stringMatching(TIME),
    storedAt: expect.stringMatching(TIME),
    payload: {
      bytes: 31,
      hex: '7b2273657175656e6365223a312c2274656d7065726174757265223a32307d',
      text: '{"sequence":1,"temperature":20}',
    },
    profile: 'test-six',
    readings: [{ observedAt: messages[0]?.['receivedAt'], values: { sequence: 1, temperature: 20 } }],
    entities: [
      { id: toEntityId(device), type: 'WeatherObserved', temperature: { value: 20, unitCode: 'CEL' } },
    ],
    destinations: [
      {
        destination: 'main',
        outcome: 'delivered',
        settledAt: expect.stringMatching(TIME),
        requests: [
          {
            method: 'POST',
            url: `${town.broker.url}/ngsi-ld/v1/entityOperations/upsert?options=update`,
            headers: { 'NGSILD-Tenant': TENANT },
          },
        ],
        answers: [
          {
            entity: toEntityId(device),
            sentAt: expect.stringMatching(TIME),
            answeredAt: expect.stringMatching(TIME),
            status: expect.any(Number),
            words: 'confirmed',
          },
        ],
      },
    ],
  })
})

test('what was refused says where and why: by the decoder, or in the words of the broker', async () => {
  town.broker.refuse(toEntityId(device), 'not to my taste')
  await publish(device, 'nonsense')
  await publish(device, '{"sequence":1,"temperature":20}')
  await town.agent.settled(TENANT)
  const [refused, unread] = (await trace()).messages
  expect(unread).toMatchObject({
    fault: { code: 'DECODE_FAILED' },
    destinations: [{ outcome: 'quarantined', code: 'DECODE_FAILED', requests: [], answers: [] }],
  })
  expect(refused).toMatchObject({
    destinations: [
      {
        outcome: 'quarantined',
        code: 'ENTITY_REFUSED',
        detail: expect.stringContaining('not to my taste'),
        answers: [{ words: expect.stringContaining('not to my taste') }],
      },
    ],
  })
})

test('what waits says so, with what the broker answered last; what was settled before a restart is known to be', async () => {
  await publish(device, '{"sequence":1}')
  await town.agent.settled(TENANT)
  await town.agent.stop()
  await town.agent.restart()
  town.broker.behave({ kind: 'answer', status: 503, body: 'gone fishing' })
  const again = await connect({ url: town.agent.mqttUrl, ...GATEWAY })
  await again.publishAsync(`tromost/${device}/up`, '{"sequence":2}', { qos: 1 })
  await again.endAsync()
  const detail = 'HTTP 503: gone fishing'
  const isAnswered = async () => JSON.stringify(await trace()).includes('"answeredAt"')
  await until('the broker has answered', isAnswered)
  expect((await trace()).messages).toMatchObject([
    { destinations: [{ outcome: 'waiting', trouble: detail, answers: [{ words: detail }] }] },
    { destinations: [{ outcome: 'settled', answers: [] }] },
  ])
})

test('a device whose profile has a script is traced too', async () => {
  await publish('scripted', '\u0007')
  await town.agent.settled(TENANT)
  const { body } = await town.agent.get('/api/v1/messages?device=scripted')
  expect(body).toMatchObject({
    messages: [{ readings: [{ values: { sequence: 7 } }], destinations: [{ outcome: 'delivered' }] }],
  })
})

test('a device that nobody provisioned is traced to where it ended', async () => {
  await publish('stranger', '{}')
  await town.agent.settled(TENANT)
  const { body } = await town.agent.get('/api/v1/messages?device=stranger')
  expect(body).toMatchObject({
    messages: [
      {
        fault: {
          code: 'DEVICE_UNKNOWN',
          detail: 'tenant kranj: expected a provisioned device, got stranger',
        },
        destinations: [{ outcome: 'quarantined', code: 'DEVICE_UNKNOWN' }],
      },
    ],
  })
})

test('the newest come first, as many as were asked for', async () => {
  for (let sequence = 1; sequence <= 5; sequence += 1) await publish(device, `{"sequence":${sequence}}`)
  await town.agent.settled(TENANT)
  const { messages } = await trace('&limit=2')
  expect(messages).toMatchObject([{ position: received + 4 }, { position: received + 3 }])
})

test('whoever listens hears of each message of a device once it is settled, and of no other', async () => {
  const stop = new AbortController()
  const response = await fetch(`${town.agent.httpUrl}/api/v1/messages/tail?device=${device}`, {
    signal: stop.signal,
  })
  expect(response.headers.get('content-type')).toBe('application/x-ndjson')
  let heard = ''
  const reading = (async () => {
    for await (const part of response.body ?? []) heard += Buffer.from(part).toString()
  })().catch(() => undefined)
  await publish(neighbour, '{"sequence":1}')
  await publish(device, '{"sequence":1}')
  await publish(device, 'nonsense')
  await until('two are heard', () => heard.trim().split('\n').length === 2)
  const lines = heard
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as object)
  expect(lines).toMatchObject([
    { device, destinations: [{ outcome: expect.any(String) }] },
    { device, destinations: [{ outcome: expect.any(String) }] },
  ])
  const ends = lines.map(line => (line as TailLine).destinations[0])
  expect(ends.map(end => [end?.outcome, end?.code]).sort()).toEqual([
    ['delivered', undefined],
    ['quarantined', 'DECODE_FAILED'],
  ])
  stop.abort()
  await reading
})

interface TailLine {
  readonly destinations: readonly { readonly outcome: string; readonly code?: string }[]
}
