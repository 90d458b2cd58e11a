/** What the public interoperability suite of MQTT 3.1.1 asks of a server, case by case, in its order and its names. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { until } from '../support/until.ts'
import { encodeNumber, encodePacket, encodeText, RawClient } from './raw-client.ts'
import { PASSWORD, type TestClient } from './test-client.ts'
import { TestIngest } from './test-ingest.ts'

const [PUBLISH, PUBREC, PUBREL] = [3, 5, 6]

/** With a client for everything but `secret/…`. */
let ingest: TestIngest

beforeEach(async () => {
  const subscribe = ['town/#', '+/+', '#', '$SYS/#']
  ingest = await TestIngest.open({
    logins: [
      { username: 'anybody', publish: ['#'], subscribe },
      { username: 'modest', publish: ['#'], subscribe: ['town/#'] },
    ],
  })
})

afterEach(() => ingest.close())

const connect = (clientId: string, options: Parameters<TestIngest['connect']>[1] = {}) =>
  ingest.connect('anybody', { clientId, ...options })

/** What came as messages, as `topic QoS retain`. */
function received(client: TestClient): readonly string[] {
  return client.packets.flatMap(packet =>
    packet.cmd === 'publish' ? [`${packet.topic} ${packet.qos} ${packet.retain}`] : [],
  )
}

async function publishAll(client: TestClient, retain: boolean, payload: string): Promise<void> {
  for (const qos of [0, 1, 2] as const) await client.publish(`town/qos${qos}`, payload, { qos, retain })
}

test('basic: what is published at each QoS comes back at that QoS, and a second CONNECT ends the connection', async () => {
  const client = await connect('a')
  expect(await client.subscribeAt(2, 'town/#')).toEqual([2])
  await publishAll(client, false, 'x')
  await until('all three are there', () => client.messages.length === 3)
  expect([...received(client)].sort()).toEqual([
    'town/qos0 0 false',
    'town/qos1 1 false',
    'town/qos2 2 false',
  ])

  const twice = await RawClient.connect(ingest.port())
  const again = encodeLogin('b', { isClean: true })
  twice.send(again)
  await until('it is connected', () => twice.isConnected)
  twice.send(again)
  await until('it is closed', () => twice.isClosed)
})

describe('retained messages and wills', () => {
  test('a later subscriber gets what was retained at each QoS, and no more once it was cleared', async () => {
    const client = await connect('a')
    await publishAll(client, true, 'kept')
    const later = await connect('b')
    await later.subscribeAt(2, '+/+')
    await until('all three are there', () => later.messages.length === 3)
    expect([...received(later)].sort()).toEqual(['town/qos0 0 true', 'town/qos1 1 true', 'town/qos2 2 true'])

    await publishAll(client, true, '')
    const last = await connect('c')
    await last.subscribeAt(2, '+/+')
    await client.publish('town/end')
    await until('it would have come by now', () => last.messages.length > 0)
    expect(last.messages).toEqual(['town/end='])
  })

  test('a client that is cut off leaves its will', async () => {
    const watcher = await connect('a')
    await watcher.subscribeAt(2, 'town/#')
    const client = await connect('b', { will: { topic: 'town/will', payload: Buffer.from('gone'), qos: 2 } })
    client.cut()
    await until('the will is there', () => watcher.messages.length > 0)
    expect(watcher.messages).toEqual(['town/will=gone'])
    expect(received(watcher)).toEqual(['town/will 2 false'])
  })
})

test('offline message queueing: a session that is kept has what came at QoS 1 and 2 meanwhile', async () => {
  const options = { clean: false }
  const away = await connect('a', options)
  await away.subscribeAt(2, '+/+')
  await away.end()
  await publishAll(await connect('b'), false, 'x')
  const back = await connect('a', options)
  expect(back.hasSession).toBe(true)
  await until('both are there', () => back.messages.length >= 2)
  await ingest.settle()
  // Whether QoS 0 is kept is left to the server.
  expect([...received(back)].sort()).toEqual(['town/qos1 1 false', 'town/qos2 2 false'])
})

test('overlapping subscriptions: a message for two filters of a client comes once at the higher QoS, or for each of them', async () => {
  const client = await connect('a')
  await client.subscribeAt(2, 'town/#')
  await client.subscribeAt(1, 'town/+')
  await client.publish('town/x', 'x', { qos: 2 })
  await until('it is there', () => client.messages.length > 0)
  await ingest.settle()
  expect([['town/x 2 false'], ['town/x 1 false', 'town/x 2 false']]).toContainEqual(
    [...received(client)].sort(),
  )
})

test('keepalive: who says nothing for one and a half times as long as it said is gone, and its will is published', async () => {
  const watcher = await connect('a', { keepalive: 0 })
  await watcher.subscribe('town/#')
  const silent = await RawClient.connect(ingest.port())
  silent.send(encodeLogin('b', { isClean: true, keepAliveSeconds: 1, will: 'town/silent' }))
  await until('its will is there', () => watcher.messages.length > 0)
  expect(watcher.messages).toEqual(['town/silent=gone'])
  expect(silent.isClosed).toBe(true)
})

test('redelivery on reconnect: what was not acknowledged comes again, marked as such and with its packet id', async () => {
  const login = encodeLogin('a', { isClean: false })
  const first = await RawClient.connect(ingest.port())
  first.send(login, encodePacket(0x82, [encodeNumber(1), encodeText('town/#'), Buffer.from([2])]))
  const publisher = await connect('b')
  await until('it is subscribed', () => first.packets.length === 2)
  await publishAll(publisher, false, 'x')
  const sent = () => first.packets.filter(({ type }) => type === PUBLISH)
  await until('all are there', () => sent().length === 3)
  // At QoS 2 it goes as far as PUBREL.
  const released =
    sent()
      .find(({ flags }) => flags === 0b0100)
      ?.body.subarray(11, 13) ?? Buffer.alloc(2)
  first.send(encodePacket(0x50, [released]))
  await until('it is released', () => first.packets.some(({ type }) => type === PUBREL))
  first.destroy()

  const second = await RawClient.connect(ingest.port())
  second.send(login)
  const again = () => second.packets.filter(({ type }) => type !== 2)
  await until('both are there again', () => again().length === 2)
  expect(again()).toEqual([
    { type: PUBLISH, flags: 0b1010, body: sent().find(({ flags }) => flags === 0b0010)?.body },
    { type: PUBREL, flags: 0b0010, body: released },
  ])
  expect(again().some(({ type }) => type === PUBREC)).toBe(false)
})

test('subscribe failure: a filter that is not allowed is answered with 0x80, beside one that is', async () => {
  const client = await ingest.connect('modest', { clientId: 'a' })
  expect(await client.subscribe('secret/topic', 'town/#')).toEqual([128, 1])
})

test('zero-length client id: with a clean session it is let in, without one it gets CONNACK 2', async () => {
  const clean = await RawClient.connect(ingest.port())
  clean.send(encodeLogin('', { isClean: true }))
  await until('it is let in', () => clean.isConnected)
  const kept = await RawClient.connect(ingest.port())
  kept.send(encodeLogin('', { isClean: false }))
  await until('it is closed', () => kept.isClosed)
  expect(kept.packets.map(({ type, body }) => [type, ...body])).toEqual([[2, 0, 2]])
})

test('dollar topics: a filter that begins with a wildcard does not reach them, and a publish is acknowledged and dropped', async () => {
  const client = await connect('a')
  await client.subscribeAt(2, '#', '+/+')
  for (const qos of [0, 1, 2] as const) await client.publish('$SYS/x', 'x', { qos })
  await client.publish('town/end')
  await until('what followed is there', () => client.messages.length > 0)
  expect(new Set(client.messages)).toEqual(new Set(['town/end=']))
})

test('unsubscribe: no more comes for the filter that was given up, and all for the others', async () => {
  const client = await connect('a')
  await client.subscribeAt(2, 'town/a', 'town/b', 'town/c')
  await client.unsubscribe('town/a')
  for (const topic of ['town/a', 'town/b', 'town/c']) await client.publish(topic)
  await until('both are there', () => client.messages.length >= 2)
  await ingest.settle()
  expect(client.messages).toEqual(['town/b=', 'town/c='])
})

interface LoginOptions {
  readonly isClean: boolean
  readonly keepAliveSeconds?: number
  /** Its topic. */
  readonly will?: string
}

function encodeLogin(clientId: string, { isClean, keepAliveSeconds = 60, will }: LoginOptions): Buffer {
  const flags = 0b1100_0000 | (isClean ? 2 : 0) | (will === undefined ? 0 : 4)
  const fields = [clientId, ...(will === undefined ? [] : [will, 'gone']), 'anybody', PASSWORD]
  const head = [encodeText('MQTT'), Buffer.from([4, flags]), encodeNumber(keepAliveSeconds)]
  return encodePacket(0x10, [...head, ...fields.map(encodeText)])
}
