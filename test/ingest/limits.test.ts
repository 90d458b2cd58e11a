import { afterEach, expect, test } from '@jest/globals'
import type { MqttLimits } from '../../src/config/mqtt-limits.ts'
import { until } from '../support/until.ts'
import { encodeConnect, encodeNumber, encodePacket, encodeText, RawClient } from './raw-client.ts'
import { TestIngest } from './test-ingest.ts'

const LOGINS = [
  { username: 'gateway', publish: ['#'], subscribe: ['#'] },
  { username: 'dev', device: 'dev' },
]
const PUBREC = 5
const SERVER_UNAVAILABLE = { code: 3 }

let ingest: TestIngest

afterEach(() => ingest.close())

async function open(limits: Partial<MqttLimits>): Promise<void> {
  ingest = await TestIngest.open({ logins: LOGINS, limits })
}

function getCodes(): readonly string[] {
  return ingest.observed.refusals.map(({ code }) => code)
}

test('sockets of one address are so many, and one more is closed', async () => {
  await open({ connectionsPerAddress: 1 })
  const first = await ingest.connect('gateway')
  await expect(ingest.connect('gateway')).rejects.toThrow()
  expect(getCodes()).toEqual(['ADDRESS_FULL'])
  await first.end()
  await until('it is gone', () => ingest.observed.openSockets === 0)
  await expect(ingest.connect('gateway')).resolves.toMatchObject({ isConnected: true })
})

test('connections of a device are so many, and others are let in', async () => {
  await open({ connectionsPerDevice: 1 })
  await ingest.connect('dev')
  await expect(ingest.connect('dev')).rejects.toMatchObject(SERVER_UNAVAILABLE)
  await expect(ingest.connect('gateway')).resolves.toMatchObject({ isConnected: true })
  expect(getCodes()).toEqual(['CREDENTIAL_FULL'])
})

test('who does not say who it is in time is counted', async () => {
  await open({ connectTimeout: 50 })
  const silent = await RawClient.connect(ingest.port())
  await until('it is closed', () => silent.isClosed)
  expect(getCodes()).toEqual(['CONNECT_TIMEOUT'])
})

test('a client without keep-alive is gone when it was silent for idleTimeout', async () => {
  await open({ idleTimeout: 100 })
  const client = await RawClient.connect(ingest.port())
  client.send(encodeConnect('gateway', 'c1', 0))
  await until('it is closed', () => client.isClosed)
  expect(getCodes()).toEqual(['CLIENT_SILENT'])
})

test('an address with too many failures is locked for strangers, and not for who has logged in from there', async () => {
  await open({ failedLogins: 2 })
  await (await ingest.connect('gateway')).end()
  for (const name of ['x', 'y']) await expect(ingest.connect(name)).rejects.toMatchObject({ code: 4 })
  await expect(ingest.connect('dev')).rejects.toMatchObject(SERVER_UNAVAILABLE)
  await expect(ingest.connect('gateway')).resolves.toMatchObject({ isConnected: true })
  expect(getCodes()).toEqual(['LOGIN_REFUSED', 'LOGIN_REFUSED', 'LOGINS_LOCKED'])
})

test('a client id that comes back too often has to wait, and another one has not', async () => {
  await open({ reconnects: 1 })
  await (await ingest.connect('gateway', { clientId: 'c1' })).end()
  await expect(ingest.connect('gateway', { clientId: 'c1' })).rejects.toMatchObject(SERVER_UNAVAILABLE)
  await expect(ingest.connect('gateway', { clientId: 'c2' })).resolves.toMatchObject({ isConnected: true })
  expect(getCodes()).toEqual(['CLIENT_FLAPPING'])
})

test('who sends more than its rate is read slower and loses nothing, and others are not', async () => {
  await open({ messagesPerSecond: 20, messagesBurst: 10 })
  const flood = await ingest.connect('dev')
  for (let count = 0; count < 20; count++) flood.send('tromost/dev/up', String(count))
  const other = await ingest.connect('gateway')
  await other.publish('weather', 'x')
  await until('all of it is there', () => ingest.held.messages.length === 21)
  expect(new Set(getCodes())).toEqual(new Set(['RATE_LIMITED']))
})

test('who sends too much for too long is closed, and not let in for a while', async () => {
  await open({ messagesPerSecond: 20, messagesBurst: 10, overLimitFor: 100 })
  const flood = await ingest.connect('dev')
  for (let count = 0; count < 50; count++) flood.send('tromost/dev/up', String(count))
  await flood.closed()
  await expect(ingest.connect('dev')).rejects.toMatchObject(SERVER_UNAVAILABLE)
  expect(getCodes().slice(-2)).toEqual(['RATE_EXCEEDED', 'RATE_EXCEEDED'])
})

test('the clients of a tenant together have a rate as well', async () => {
  await open({ tenantMessagesPerSecond: 1 })
  const client = await ingest.connect('gateway')
  for (let count = 0; count < 11; count++) await client.publish('weather', String(count))
  expect(getCodes()).toEqual(['TENANT_RATE_LIMITED'])
})

test('filters beyond subscriptions are refused, and nothing of them is kept', async () => {
  await open({ subscriptions: 2 })
  const client = await ingest.connect('gateway', { clientId: 'kept', clean: false })
  expect(await client.subscribe('a', 'b', 'c')).toEqual([1, 1, 128])
  await client.publish('c', 'x')
  await client.publish('a', 'x')
  await until('one is there', () => client.messages.length > 0)
  expect([client.messages, getCodes()]).toEqual([['a=x'], ['FILTERS_TOO_MANY']])
})

test('a topic beyond topicBytes ends the connection', async () => {
  await open({ topicBytes: 8 })
  const client = await ingest.connect('gateway')
  client.send('123456789')
  await client.closed()
  expect(getCodes()).toEqual(['TOPIC_TOO_LONG'])
})

test('of what waits for a client that is away the oldest is dropped', async () => {
  await open({ queueMessages: 2 })
  const away = await ingest.connect('gateway', { clientId: 'kept', clean: false })
  await away.subscribe('news')
  await away.end()
  await until('it is gone', () => ingest.observed.openSockets === 0)
  const speaker = await ingest.connect('gateway')
  for (const payload of ['1', '2', '3']) await speaker.publish('news', payload)
  const back = await ingest.connect('gateway', { clientId: 'kept', clean: false })
  await until('the others are there', () => back.messages.length === 2)
  expect([back.messages, getCodes()]).toEqual([['news=2', 'news=3'], ['QUEUE_FULL']])
})

test('of sessions that wait the oldest makes room', async () => {
  await open({ keptSessions: 1 })
  for (const clientId of ['old', 'new']) {
    const client = await ingest.connect('gateway', { clientId, clean: false })
    await client.subscribe('news')
    await client.end()
    await until('it is gone', () => ingest.observed.openSockets === 0)
  }
  expect(getCodes()).toEqual(['SESSIONS_FULL'])
  const [old, recent] = [
    await ingest.connect('gateway', { clientId: 'old', clean: false }),
    await ingest.connect('gateway', { clientId: 'new', clean: false }),
  ]
  expect([old.hasSession, recent.hasSession]).toEqual([false, true])
})

test('a device retains so many messages; all of them are taken in', async () => {
  await open({ retainedPerDevice: 1 })
  const device = await ingest.connect('dev')
  for (const topic of ['tromost/dev/up', 'tele/dev/SENSOR'])
    await device.publish(topic, 'x', { retain: true })
  const listener = await ingest.connect('gateway')
  await listener.subscribe('#')
  await until('the first is there', () => listener.messages.length > 0)
  expect([listener.messages, getCodes()]).toEqual([['tromost/dev/up=x'], ['RETAINED_FULL']])
  expect(ingest.held.messages).toHaveLength(2)
})

test('sockets in all are so many, and one more is closed', async () => {
  await open({ connections: 1 })
  await ingest.connect('gateway')
  await expect(ingest.connect('gateway')).rejects.toThrow()
  expect(getCodes()).toEqual(['CONNECTIONS_FULL'])
})

test('who does not release messages at QoS 2 is closed, and told of once', async () => {
  await open({ qos2InFlight: 2 })
  const client = await RawClient.connect(ingest.port())
  client.send(encodeConnect('gateway', 'c1'))
  await until('it is in', () => client.isConnected)
  const send = (id: number) =>
    client.send(encodePacket(0x34, [encodeText('a'), encodeNumber(id), Buffer.from('x')]))
  for (const id of [1, 2]) send(id)
  await until('two are received', () => client.packets.filter(({ type }) => type === PUBREC).length === 2)
  expect(getCodes()).toEqual([])
  send(3)
  await until('it is closed', () => client.isClosed)
  expect(getCodes()).toEqual(['QOS2_FULL'])
})

test('a filter beyond the rights of a client is refused, and counted', async () => {
  await open({})
  const device = await ingest.connect('dev')
  expect(await device.subscribe('#')).toEqual([128])
  expect(getCodes()).toEqual(['FILTER_FORBIDDEN'])
})

test('a SUBSCRIBE of more than a hundred filters ends the connection', async () => {
  await open({})
  const encodeMany = (count: number) =>
    encodePacket(0x82, [
      encodeNumber(1),
      ...Array.from({ length: count }, (_, at) => Buffer.concat([encodeText(`f/${at}`), Buffer.from([0])])),
    ])
  const client = await RawClient.connect(ingest.port())
  client.send(encodeConnect('gateway', 'c1'), encodeMany(100))
  await until('it is answered', () => client.packets.length === 2)
  expect(client.packets[1]?.body).toHaveLength(102)
  client.send(encodeMany(101))
  await until('it is closed', () => client.isClosed)
  expect(getCodes()).toEqual(['FILTERS_TOO_MANY'])
})

test('who sends more bytes than its rate is read slower, whatever the number of messages', async () => {
  await open({ bytesPerSecond: 100_000, bytesBurst: 1_000 })
  const client = await ingest.connect('dev')
  for (const payload of ['x'.repeat(3_000), 'y', 'z']) await client.publish('tromost/dev/up', payload)
  expect(getCodes()).toEqual(['RATE_LIMITED'])
  expect(ingest.held.messages).toHaveLength(3)
})

test.each<[string, Partial<MqttLimits>]>([
  ['in number', { retainedMessages: 2 }],
  ['in bytes', { retainedBytes: 8 }],
])(
  'what a tenant retains is bounded %s, and what takes the place of another is retained',
  async (_what, limits) => {
    await open(limits)
    const client = await ingest.connect('gateway')
    const retain = (topic: string, payload: string) => client.publish(topic, payload, { retain: true })
    for (const topic of ['a', 'b', 'c']) await retain(topic, 'old!')
    await retain('a', 'new!')
    expect(getCodes()).toEqual(['RETAINED_FULL'])
    await client.subscribe('#')
    await until('what is retained is there', () => client.messages.length === 2)
    expect([...client.messages].sort()).toEqual(['a=new!', 'b=old!'])
  },
)

test('T38: who publishes does not wait for a subscriber that reads nothing, which is closed', async () => {
  await open({ unreadBytes: 1_024 })
  const frozen = await RawClient.connect(ingest.port())
  frozen.send(
    encodeConnect('gateway', 'frozen'),
    encodePacket(0x82, [encodeNumber(1), encodeText('a'), Buffer.from([1])]),
  )
  await until('it listens', () => frozen.packets.length === 2)
  frozen.freeze()
  const client = await ingest.connect('gateway')
  const long = Buffer.alloc(60_000)
  const isTold = () => getCodes().includes('SUBSCRIBER_SLOW')
  for (let count = 0; count < 500 && !isTold(); count += 1) await client.publish('a', long)
  expect(getCodes()).toEqual(['SUBSCRIBER_SLOW'])
  await until('it is closed', () => ingest.observed.openSockets === 1)
  frozen.destroy()
})
