import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { TromostError } from '../../src/errors.ts'
import { Journal } from '../../src/journal/journal.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { until } from '../support/until.ts'
import { encodeConnect, encodePublish, RawClient } from './raw-client.ts'
import { type Login, TestIngest } from './test-ingest.ts'

const TOPIC = 'tromost/dev/up'
const LOGINS: readonly Login[] = [
  { username: 'gateway', publish: ['tromost/+/up'] },
  { username: 'stranger', tenant: 'bled', publish: ['bled/#'] },
]
const MINUTE_MS = 60_000
const EVERYTHING_BUT_INTERVALS_AND_DATES = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setTimeout',
  'clearTimeout',
] as const
const LISTENERS = [
  { kind: 'tcp' as const, host: '127.0.0.1', port: 0 },
  { kind: 'ws' as const, host: '127.0.0.1', port: 0 },
]

let ingest: TestIngest

beforeEach(async () => {
  ingest = await TestIngest.open({ logins: LOGINS, listeners: LISTENERS })
})

afterEach(() => ingest.close())

describe('an acknowledgement', () => {
  test.each([
    ['PUBACK', 'mqtt', 1, 'puback'],
    ['PUBREC', 'mqtt', 2, 'pubrec'],
    ['PUBACK', 'ws', 1, 'puback'],
    ['PUBREC', 'ws', 2, 'pubrec'],
  ] as const)(
    'the %s over %s comes when the message is stored, and not before',
    async (_name, protocol, qos, cmd) => {
      ingest.held.hold()
      const client = await ingest.connect('gateway', { protocol })
      client.send(TOPIC, 'x', { qos })
      await until('the message is handed on', () => ingest.held.messages.length === 1)
      await ingest.settle()
      expect(client.answers(cmd)).toEqual([])
      expect(ingest.observed.storedCount).toBe(0)
      ingest.held.answer()
      await until('it is acknowledged', () => client.answers(cmd).length === 1)
      expect(ingest.observed.storedCount).toBe(1)
    },
  )

  test('is none when the message is not stored: the connection is closed, and the reason is told', async () => {
    ingest.held.hold()
    const client = await ingest.connect('gateway')
    client.send(TOPIC, 'x')
    await until('the message is handed on', () => ingest.held.messages.length === 1)
    ingest.held.answer(new TromostError('JOURNAL_FULL', 'tenant kranj: no room for 9 bytes'))
    await client.closed()
    expect(client.answers('puback')).toEqual([])
    expect(ingest.observed.storedCount).toBe(0)
    expect(ingest.observed.refusals).toEqual([
      { code: 'JOURNAL_FULL', detail: 'tenant kranj: no room for 9 bytes' },
    ])
  })

  test('of one client does not wait for that of another', async () => {
    const [slow, quick] = await Promise.all([ingest.connect('gateway'), ingest.connect('gateway')])
    ingest.held.hold()
    slow.send(TOPIC, 'slow')
    await until('the message is handed on', () => ingest.held.messages.length === 1)
    ingest.held.pass()
    await quick.publish(TOPIC, 'quick')
    expect(slow.answers('puback')).toEqual([])
  })

  test('for a client that is gone by then hurts nobody', async () => {
    ingest.held.hold()
    const client = await ingest.connect('gateway')
    client.send(TOPIC, 'x')
    await until('the message is handed on', () => ingest.held.messages.length === 1)
    client.cut()
    await until('the agent has noticed', () => ingest.observed.openSockets === 0)
    ingest.held.answer()
    await expect(ingest.connect('gateway')).resolves.toMatchObject({ isConnected: true })
    expect(ingest.observed.storedCount).toBe(1)
  })
})

describe('answers come in the order of the messages (MQTT-4.6.0-2)', () => {
  test('also for what is answered and not kept', async () => {
    const engine = new MemoryEngine()
    const bounds = { maxBytes: 1_000_000, retentionMs: 1_000, onFull: 'reject' as const }
    const options = { ...bounds, lanes: [], isDiskFull: () => false }
    const journal = await Journal.open(engine, options, () => undefined)
    const journaled = await TestIngest.open({
      logins: LOGINS,
      store: (message, done) => journal.append(message, done),
      passAfter: (tenant, done) => journal.passAfter(tenant, done),
    })
    try {
      engine.hold()
      const client = await RawClient.connect(journaled.port())
      client.send(encodeConnect('gateway', 'raw'))
      await until('the client is connected', () => client.isConnected)
      client.send(
        encodePublish(1, TOPIC, 'first'),
        encodePublish(2, '$SYS/anything'),
        encodePublish(3, TOPIC, 'second'),
        encodePublish(4, '$else'),
      )
      await until('the messages are taken in', () => journaled.observed.receivedByQos[1] === 2)
      await journaled.settle()
      expect(client.acknowledged).toEqual([])
      engine.release()
      await until('all are answered', () => client.acknowledged.length === 4)
      expect(client.acknowledged).toEqual([1, 2, 3, 4])
      expect(journal.getReceived('kranj')).toBe(2)
      client.destroy()
    } finally {
      await journaled.close()
      await journal.close()
    }
  })

  test('however many come in one piece', async () => {
    const client = await RawClient.connect(ingest.port())
    const ids = Array.from({ length: 200 }, (_, index) => index + 1)
    client.send(encodeConnect('gateway', 'raw'))
    await until('the client is connected', () => client.isConnected)
    client.send(...ids.map(id => encodePublish(id, TOPIC, String(id))))
    await until('all are answered', () => client.acknowledged.length === 200)
    expect(client.acknowledged).toEqual(ids)
    expect(ingest.held.messages.map(({ payload }) => Number(payload))).toEqual(ids)
    client.destroy()
  })
})

describe('what is handed on', () => {
  test.each([0, 1, 2] as const)('is the message as it came, at QoS %i', async qos => {
    const client = await ingest.connect('gateway')
    const payload = Buffer.from([0, 255, 1, 0x7b, 0xc4, 0x8d])
    const before = Date.now()
    await client.publish('tromost/šola/up', payload, { qos })
    await until('it is there', () => ingest.held.messages.length === 1)
    const [message] = ingest.held.messages
    expect(message).toEqual({
      tenant: 'kranj',
      device: 'šola',
      topic: 'tromost/šola/up',
      payload,
      receivedAt: expect.any(Number),
      qos,
      ...(qos === 0 ? { packetId: 0 } : { packetId: expect.any(Number) }),
      isRedelivery: false,
    })
    expect(message?.receivedAt).toBeGreaterThanOrEqual(before)
    expect(message?.receivedAt).toBeLessThanOrEqual(Date.now())
    expect(ingest.observed.receivedByQos[qos]).toBe(1)
  })

  test('may be empty, and may name no device', async () => {
    const client = await ingest.connect('stranger')
    await client.publish('bled/somewhere')
    expect(ingest.held.messages).toMatchObject([
      { tenant: 'bled', device: '', topic: 'bled/somewhere', payload: Buffer.alloc(0) },
    ])
  })
})

describe('a will', () => {
  test('of a client that is cut off is stored like any other message', async () => {
    const will = { topic: TOPIC, payload: Buffer.from('gone'), qos: 1 as const, retain: false }
    const client = await ingest.connect('gateway', { will })
    client.cut()
    await until('the will is handed on', () => ingest.held.messages.length === 1)
    expect(ingest.held.messages).toMatchObject([{ tenant: 'kranj', device: 'dev', topic: TOPIC, qos: 1 }])
  })

  test('on a topic that the client may not use keeps it out, with code 5', async () => {
    const will = { topic: 'bled/x', payload: Buffer.from('gone'), qos: 1 as const, retain: false }
    const login = ingest.connect('gateway', { will, clientId: 'willful' })
    await expect(login).rejects.toMatchObject({ code: 5 })
    expect(ingest.observed.refusals).toEqual([
      { code: 'WILL_FORBIDDEN', detail: 'client willful: credential kranj/gateway: bled/x' },
    ])
    await until('its socket is closed', () => ingest.observed.openSockets === 0)
    expect(ingest.held.messages).toEqual([])
  })

  test('of a client that says goodbye is dropped', async () => {
    const will = { topic: TOPIC, payload: Buffer.from('gone'), qos: 1 as const, retain: false }
    const client = await ingest.connect('gateway', { will })
    await client.end()
    await until('the agent has noticed', () => ingest.observed.openSockets === 0)
    await ingest.settle()
    expect(ingest.held.messages).toEqual([])
  })

  test('of a client that stays connected is left alone when the clock jumps', async () => {
    jest.useFakeTimers({ doNotFake: [...EVERYTHING_BUT_INTERVALS_AND_DATES] })
    const broker = await TestIngest.open({ logins: LOGINS })
    try {
      const will = { topic: TOPIC, payload: Buffer.from('gone'), qos: 1 as const, retain: false }
      const client = await broker.connect('gateway', { will, keepalive: 0 })
      for (let jump = 0; jump < 10; jump += 1) {
        await jest.advanceTimersByTimeAsync(0.75 * MINUTE_MS)
        jest.setSystemTime(Date.now() + 60 * MINUTE_MS)
      }
      await client.publish(TOPIC, 'alive')
      expect(broker.held.messages.map(({ payload }) => payload.toString())).toEqual(['alive'])
      expect(broker.observed.refusals).toEqual([])
    } finally {
      await broker.close()
      jest.useRealTimers()
    }
  })

  test('of a client that was never let in is dropped', async () => {
    const will = { topic: TOPIC, payload: Buffer.from('gone'), qos: 1 as const, retain: false }
    await expect(ingest.connect('gateway', { will, password: 'wrong' })).rejects.toMatchObject({ code: 4 })
    await until('its socket is closed', () => ingest.observed.openSockets === 0)
    expect(ingest.held.messages).toEqual([])
  })
})
