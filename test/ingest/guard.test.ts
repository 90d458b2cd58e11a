import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { duplexPair } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { TromostError } from '../../src/errors.ts'
import { Guard } from '../../src/ingest/guard.ts'
import { until } from '../support/until.ts'
import { GUARD_OPTIONS, GuardedPipe } from './guarded-pipe.ts'
import { encodeConnect, encodePacket, encodePublish, encodeText, RawClient } from './raw-client.ts'
import { TestIngest } from './test-ingest.ts'

const TOPIC = 'tromost/dev/up'
const DISCONNECT = encodePacket(0xe0, [])
const PINGREQ = encodePacket(0xc0, [])

let ingest: TestIngest

beforeEach(async () => {
  ingest = await TestIngest.open({ logins: [{ username: 'gateway', publish: ['#'] }] })
})

afterEach(() => ingest.close())

/** A client that is logged in. */
async function login(): Promise<RawClient> {
  const client = await RawClient.connect(ingest.port())
  client.send(encodeConnect('gateway', 'g'))
  await until('it is connected', () => client.isConnected)
  return client
}

async function expectRefusal(client: RawClient, refusal: { code: string; detail: string }): Promise<void> {
  await until('the connection is closed', () => client.isClosed)
  expect(ingest.observed.refusals).toEqual([refusal])
}

describe('before a client is logged in', () => {
  test.each([
    ['a PUBLISH', encodePublish(1, TOPIC, 'x'), '0x32'],
    ['a PINGREQ', PINGREQ, '0xc0'],
    ['a CONNECT with reserved flags', encodePacket(0x11, [encodeText('MQTT')]), '0x11'],
  ])('%s ends the connection without a reply', async (_what, packet, head) => {
    const client = await RawClient.connect(ingest.port())
    client.send(packet)
    await expectRefusal(client, {
      code: 'PACKET_MALFORMED',
      detail: `client (not logged in): expected CONNECT first, got what begins with ${head}`,
    })
    expect(client.packets).toEqual([])
    expect(ingest.held.messages).toEqual([])
  })

  test('a CONNECT of 256 MB ends the connection when its length is read', async () => {
    const client = await RawClient.connect(ingest.port())
    client.send(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]))
    await expectRefusal(client, {
      code: 'PACKET_TOO_LARGE',
      detail: 'client (not logged in): expected at most 4096 bytes, got 268435460',
    })
  })

  test('what follows the CONNECT waits for the login, and is ingested after it', async () => {
    const client = await RawClient.connect(ingest.port())
    client.send(encodeConnect('gateway', 'g'), encodePublish(1, TOPIC, 'early'))
    await until('it is acknowledged', () => client.acknowledged.length === 1)
    expect(ingest.held.topics).toEqual([TOPIC])
  })

  test('what follows a CONNECT that is refused is never ingested', async () => {
    const client = await RawClient.connect(ingest.port())
    client.send(encodeConnect('nobody', 'g'), encodePublish(1, TOPIC, 'early'))
    await until('the connection is closed', () => client.isClosed)
    expect(ingest.held.messages).toEqual([])
  })
})

describe('a client that is logged in', () => {
  test('is closed for a packet that is larger than packetBytes, by name', async () => {
    const client = await login()
    client.send(Buffer.from([0x30, 0x80, 0x80, 0x04]))
    await expectRefusal(client, {
      code: 'PACKET_TOO_LARGE',
      detail: 'client g: expected at most 65536 bytes, got 65540',
    })
  })

  test.each([
    ['a packet id of 0', encodePublish(0, TOPIC), 'a packet id other than 0'],
    [
      'no room for a topic',
      encodePacket(0x30, [Buffer.from([0])]),
      'a topic and a packet id that end within the packet',
    ],
    [
      'a topic that is longer than the packet',
      encodePacket(0x30, [Buffer.from([0, 9]), Buffer.from('short')]),
      'a topic and a packet id that end within the packet',
    ],
    [
      'no room for a packet id',
      encodePacket(0x32, [encodeText(TOPIC), Buffer.from([1])]),
      'a topic and a packet id that end within the packet',
    ],
  ])('is closed for a PUBLISH with %s', async (_what, packet, expectation) => {
    const client = await login()
    client.send(packet)
    await expectRefusal(client, {
      code: 'PACKET_MALFORMED',
      detail: `client g: PUBLISH: expected ${expectation}`,
    })
    expect(ingest.held.messages).toEqual([])
  })

  test.each([
    ['a wildcard', encodeText('tromost/+/up'), '"tromost/+/up"'],
    ['NUL', encodeText('tromost/\0/up'), '"tromost/\\u0000/up"'],
    ['bytes that are not UTF-8', Buffer.from([0, 3, 0x61, 0xc3, 0x28]), '"a\uFFFD("'],
    ['no character', encodeText(''), '""'],
  ])('is closed for a topic with %s, also when it is retained', async (_what, topic, shown) => {
    const detail = `client g: PUBLISH: expected a topic in UTF-8 without +, # and control characters, got ${shown}`
    for (const head of [0x30, 0x31]) {
      ingest.observed.refusals.length = 0
      const client = await login()
      client.send(encodePacket(head, [topic]))
      await expectRefusal(client, { code: 'PACKET_MALFORMED', detail })
    }
    expect(ingest.held.messages).toEqual([])
  })

  test('is closed for a topic with too many levels, and for a QoS that there is not', async () => {
    const levels = encodeText(Array.from({ length: 17 }, () => 'x').join('/'))
    for (const packet of [encodePacket(0x30, [levels]), encodePacket(0x36, [encodeText(TOPIC)])]) {
      const client = await login()
      client.send(packet)
      await until('the connection is closed', () => client.isClosed)
    }
    expect(ingest.held.messages).toEqual([])
  })

  test('is not heard after its DISCONNECT', async () => {
    const client = await login()
    client.send(DISCONNECT, encodePublish(1, TOPIC, 'late'))
    await until('the connection is closed', () => client.isClosed)
    expect(ingest.held.messages).toEqual([])
  })

  test('has its messages stored and acknowledged in their order, whichever way they take', async () => {
    ingest.held.hold()
    const client = await login()
    const retained = encodePacket(0x33, [encodeText('r'), Buffer.from([0, 2])])
    client.send(
      encodePublish(1, 'a'),
      retained,
      encodePublish(3, 'b'),
      encodePublish(4, '$SYS/x'),
      encodePublish(5, 'c'),
    )
    await until('all are handed on', () => ingest.held.messages.length === 4)
    expect(ingest.held.topics).toEqual(['a', 'r', 'b', 'c'])
    ingest.held.answer()
    await until('all are acknowledged', () => client.acknowledged.length === 5)
    expect(client.acknowledged.filter(id => id !== 4)).toEqual([1, 2, 3, 5])
    client.send(encodePublish(6, 'd'))
    await until('it goes on', () => ingest.held.messages.length === 5)
  })

  test('keeps letters of any language in its topics', async () => {
    const client = await login()
    client.send(encodePublish(1, 'šola/čistilna/📈', 'x'))
    await until('it is acknowledged', () => ingest.held.messages.length === 1)
    expect(ingest.held.topics).toEqual(['šola/čistilna/📈'])
  })

  test('is gone when it is silent for one and a half of its keep-alive, and not while it publishes', async () => {
    const [silent, lively] = await Promise.all([
      RawClient.connect(ingest.port()),
      RawClient.connect(ingest.port()),
    ])
    silent.send(encodeConnect('gateway', 'silent', 1))
    lively.send(encodeConnect('gateway', 'lively', 1))
    let id = 0
    await until('the silent one is gone', () => {
      id += 1
      lively.send(encodePublish(id, TOPIC))
      return silent.isClosed
    })
    expect(lively.isClosed).toBe(false)
  })
})

describe('a connection', () => {
  const answers: ((error?: Error) => void)[] = []
  const guards: Guard[] = []

  afterEach(() => {
    for (const guard of guards.splice(0)) guard.destroy()
  })

  /** The guard alone between two ends, logged in; everything takes the short way. */
  async function openGuard(drainTimeoutMs = 60_000) {
    answers.length = 0
    const [sensor, socket] = duplexPair({ highWaterMark: 64 })
    const guard = new Guard(socket, {
      packetBytesMax: 1_000,
      receiveMax: 100,
      sessionExpirySeconds: 3_600,
      drainTimeoutMs,
      idleTimeoutMs: 60_000,
      onFault: () => undefined,
    })
    guard.on('data', () =>
      guard.open((_packet, _mayBeShort, done) => {
        answers.push(done)
        return true
      }),
    )
    guard.on('error', () => undefined)
    guards.push(guard)
    sensor.write(encodeConnect('gateway', 'g'))
    return { sensor, guard }
  }

  test('is not read on while too many of its messages wait for the disk', async () => {
    const { sensor } = await openGuard()
    const send = () => new Promise<void>(resolve => sensor.write(encodePublish(1, TOPIC), () => resolve()))
    const sent = Promise.all(Array.from({ length: 600 }, send))
    await until('it is full', () => sensor.writableNeedDrain && answers.length >= 256)
    expect(answers.length).toBeLessThan(300)
    await until('everything comes in time', () => {
      for (const answer of answers.splice(0)) answer()
      sensor.read()
      return sensor.writableLength === 0
    })
    await sent
  })

  test('is cut when it leaves its acknowledgements unread', async () => {
    const { sensor, guard } = await openGuard(1)
    for (let id = 1; id < 100; id++) sensor.write(encodePublish(id, TOPIC))
    await until('it is cut', () => {
      for (const answer of answers.splice(0)) answer()
      return guard.destroyed
    })
  })

  test('is closed without an acknowledgement when its message is not stored', async () => {
    const { sensor, guard } = await openGuard()
    sensor.write(encodePublish(1, TOPIC))
    await until('it is taken', () => answers.length === 1)
    answers[0]?.(new TromostError('JOURNAL_FULL', 'no room'))
    await until('it is closed', () => guard.destroyed)
    expect(sensor.read()).toBeNull()
  })
})

describe('a connection that breaks', () => {
  const CONNECT = encodePacket(0x10, [encodeText('MQTT'), Buffer.from([4, 0x02, 0, 0]), encodeText('c')])

  test('after DISCONNECT is still one that was said goodbye to, when the broker gets to it', async () => {
    const pipe = new GuardedPipe()
    pipe.send(CONNECT)
    await until('it is let in', () => pipe.passed.length > 0)
    pipe.guard.pause()
    pipe.send(DISCONNECT)
    await until('it is read', () => pipe.guard.readableLength > 0)
    pipe.breakOff()
    await new Promise(resolve => setImmediate(resolve))
    pipe.guard.resume()
    await until('it has ended', () => pipe.guard.readableEnded)
    expect(pipe.passed).toEqual(Buffer.concat([CONNECT, DISCONNECT]))
    pipe.close()
  })

  test('without DISCONNECT is closed at once', async () => {
    const pipe = new GuardedPipe()
    pipe.send(CONNECT)
    await until('it is let in', () => pipe.passed.length > 0)
    pipe.breakOff()
    await until('it is closed', () => pipe.isClosed)
    expect(pipe.guard.readableEnded).toBe(false)
  })

  test('while its login is checked is gone once the broker has refused it', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = createConnection((server.address() as AddressInfo).port)
    const [socket] = (await once(server, 'connection')) as [Socket]
    const guard = new Guard(socket, GUARD_OPTIONS)
    guard.on('error', () => undefined)
    client.end(CONNECT)
    await once(guard, 'data')
    guard.pause()
    await once(socket, 'close')
    guard.resume()
    guard.end(encodePacket(0x20, [Buffer.from([0, 5])]))
    await until('nothing is left of it', () => guard.destroyed)
    server.close()
  })
})
