/** Statements of MQTT 3.1.1 that no other test shows; docs/mqtt-conformance.md has them all. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { until } from '../support/until.ts'
import { encodeConnect, encodeNumber, encodePacket, encodeText, RawClient } from './raw-client.ts'
import { PASSWORD } from './test-client.ts'
import { TestIngest } from './test-ingest.ts'

const [CONNACK, PUBLISH, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK, PINGRESP] = [2, 3, 5, 6, 7, 9, 11, 13]

let ingest: TestIngest
let count = 0

beforeAll(async () => {
  ingest = await TestIngest.open({ logins: [{ username: 'anybody', publish: ['#'], subscribe: ['#'] }] })
})

afterAll(() => ingest.close())

/** A client that is let in, with an id of its own unless it says which. */
async function login(clientId = `c${count++}`): Promise<RawClient> {
  const client = await RawClient.connect(ingest.port())
  client.send(encodeConnect('anybody', clientId))
  await until('it is connected', () => client.isConnected)
  return client
}

/** The bodies of what came of a type. */
const bodies = (client: RawClient, type: number) =>
  client.packets.filter(packet => packet.type === type).map(({ body }) => body)

async function answered(client: RawClient, type: number, times = 1): Promise<readonly Buffer[]> {
  await until(`there are ${times} packets of type ${type}`, () => bodies(client, type).length >= times)
  return bodies(client, type)
}

function subscribe(id: number, ...wishes: readonly (readonly [string, number])[]): Buffer {
  const parts = wishes.flatMap(([filter, qos]) => [encodeText(filter), Buffer.from([qos])])
  return encodePacket(0x82, [encodeNumber(id), ...parts])
}

function publish(head: number, topic: string, payload: string, id?: number): Buffer {
  const ids = id === undefined ? [] : [encodeNumber(id)]
  return encodePacket(head, [encodeText(topic), ...ids, Buffer.from(payload)])
}

/** Messages that came, as `QoS payload`, with R where they were retained. */
function messages(client: RawClient): readonly string[] {
  return client.packets
    .filter(({ type }) => type === PUBLISH)
    .map(({ flags, body }) => {
      const qos = (flags >> 1) & 3
      const payload = body.subarray(2 + body.readUInt16BE(0) + (qos === 0 ? 0 : 2))
      return `${qos} ${payload.toString()}${(flags & 1) === 1 ? ' R' : ''}${(flags & 8) === 8 ? ' DUP' : ''}`
    })
}

test('the first packet that a client gets is CONNACK, though others were asked for in the same write', async () => {
  const client = await RawClient.connect(ingest.port())
  client.send(encodeConnect('anybody', 'early'), encodePacket(0xc0, []), subscribe(1, ['early', 0]))
  await answered(client, SUBACK)
  expect(client.packets[0]).toEqual({ type: CONNACK, flags: 0, body: Buffer.from([0, 0]) })
})

test('a PINGREQ is answered', async () => {
  const client = await login()
  client.send(encodePacket(0xc0, []))
  expect(await answered(client, PINGRESP)).toEqual([Buffer.alloc(0)])
})

test('a SUBACK has the id of its SUBSCRIBE, and a code for each filter in their order, though one is there twice', async () => {
  const client = await login()
  client.send(subscribe(513, ['twice', 2], ['once', 1], ['twice', 0]))
  expect(await answered(client, SUBACK)).toEqual([Buffer.from([2, 1, 0, 1, 0])])
  // The last wish is the one that holds.
  client.send(publish(0x34, 'twice', 'x', 1))
  await until('it is there', () => messages(client).length > 0)
  expect(messages(client)).toEqual(['0 x'])
})

test('a filter that is subscribed to again has its new QoS, and brings what is retained again', async () => {
  const client = await login()
  client.send(publish(0x33, 'again', 'kept', 1))
  await until('it is acknowledged', () => client.acknowledged.length === 1)
  client.send(subscribe(1, ['again', 0]))
  await until('it is there', () => messages(client).length === 1)
  client.send(subscribe(2, ['again', 1]))
  await until('it is there again', () => messages(client).length === 2)
  client.send(publish(0x32, 'again', 'new', 2))
  await until('the new one is there', () => messages(client).length === 3)
  expect(messages(client)).toEqual(['0 kept R', '1 kept R', '1 new'])
})

test('a message comes at the lower of its QoS and that of the subscription, never marked as sent again or retained', async () => {
  const client = await login()
  client.send(subscribe(1, ['min', 1]))
  await answered(client, SUBACK)
  client.send(publish(0x30, 'min', 'zero'), publish(0x3a, 'min', 'one', 1), publish(0x35, 'min', 'two', 2))
  await until('all are there', () => messages(client).length === 3)
  expect([...messages(client)].sort()).toEqual(['0 zero', '1 one', '1 two'])
})

test('what is retained at QoS 0 takes the place of what was, and a message that is not retained leaves it', async () => {
  const client = await login()
  client.send(publish(0x33, 'place', 'old', 1))
  await until('it is acknowledged', () => client.acknowledged.length === 1)
  client.send(publish(0x31, 'place', 'new'), publish(0x32, 'place', 'passing', 2))
  await until('the last one is acknowledged', () => client.acknowledged.length === 2)
  const later = await login()
  later.send(subscribe(1, ['place', 1]))
  await until('it is there', () => messages(later).length > 0)
  expect(messages(later)).toEqual(['0 new R'])
})

test('at QoS 2 a message that is sent again before its release is handed on once, and each step is answered in order', async () => {
  const client = await login()
  const before = ingest.held.messages.length
  client.send(publish(0x34, 'twice/2', 'x', 7), publish(0x34, 'twice/2', 'y', 8))
  expect(await answered(client, PUBREC, 2)).toEqual([encodeNumber(7), encodeNumber(8)])
  client.send(publish(0x3c, 'twice/2', 'x', 7))
  await answered(client, PUBREC, 3)
  client.send(encodePacket(0x62, [encodeNumber(7)]), encodePacket(0x62, [encodeNumber(8)]))
  expect(await answered(client, PUBCOMP, 2)).toEqual([encodeNumber(7), encodeNumber(8)])
  client.send(publish(0x34, 'twice/2', 'z', 7))
  await answered(client, PUBREC, 4)
  expect(ingest.held.messages.slice(before).map(({ payload }) => payload.toString())).toEqual(['x', 'y', 'z'])
})

test('at QoS 2 a message that comes again on another connection, before the first one is stored, is stored once', async () => {
  const stored = () => ingest.held.messages.filter(({ topic }) => topic === 'again/2').length
  const first = await login('again')
  ingest.held.hold()
  first.send(publish(0x34, 'again/2', 'x', 5))
  await until('it is on its way', () => stored() === 1)
  first.destroy()
  const second = await login('again')
  second.send(publish(0x3c, 'again/2', 'x', 5), encodePacket(0xc0, []))
  await answered(second, PINGRESP)
  expect(bodies(second, PUBREC)).toEqual([])
  ingest.held.answer()
  ingest.held.pass()
  expect(await answered(second, PUBREC)).toEqual([encodeNumber(5)])
  expect(stored()).toBe(1)
})

test('an UNSUBSCRIBE is answered once, with its id, also for filters that nobody had', async () => {
  const client = await login()
  client.send(subscribe(1, ['a', 0], ['a/+', 0]))
  await answered(client, SUBACK)
  client.send(encodePacket(0xa2, [encodeNumber(258), ...['never', 'a/+', 'A'].map(encodeText)]))
  expect(await answered(client, UNSUBACK)).toEqual([Buffer.from([1, 2])])
  client.send(publish(0x32, 'a/b', 'no', 2), publish(0x32, 'a', 'yes', 3))
  await until('the other is there', () => messages(client).length > 0)
  expect(messages(client)).toEqual(['0 yes'])
})

test('a message that is sent again at QoS 1 after its PUBACK is a new one', async () => {
  const client = await login()
  const before = ingest.held.messages.length
  client.send(publish(0x32, 'new', 'x', 9))
  await until('it is acknowledged', () => client.acknowledged.length === 1)
  client.send(publish(0x3a, 'new', 'x', 9))
  await until('it is acknowledged again', () => client.acknowledged.length === 2)
  expect(ingest.held.messages.slice(before).map(({ isRedelivery }) => isRedelivery)).toEqual([false, true])
})

test('a client id of 23 letters and digits is taken', async () => {
  const client = await login('0123456789abcdefghiXYZ0')
  expect(client.isConnected).toBe(true)
})

test('PUBRELs have the order of the PUBRECs, and what was begun before an UNSUBSCRIBE is completed', async () => {
  const client = await login()
  client.send(subscribe(1, ['flow', 2]))
  await answered(client, SUBACK)
  client.send(publish(0x34, 'flow', 'x', 1), publish(0x34, 'flow', 'y', 2))
  await until('both are there', () => messages(client).length === 2)
  client.send(encodePacket(0xa2, [encodeNumber(2), encodeText('flow')]))
  await answered(client, UNSUBACK)
  const ids = bodies(client, PUBLISH).map(body => body.subarray(6, 8))
  client.send(...ids.toReversed().map(id => encodePacket(0x50, [id])))
  expect(await answered(client, PUBREL, 2)).toEqual(ids.toReversed())
})

test('acknowledgements of what was never sent are borne', async () => {
  const client = await login()
  const unknown = [0x40, 0x50, 0x62, 0x62, 0x62, 0x70].map(head => encodePacket(head, [encodeNumber(9_999)]))
  client.send(...unknown, encodePacket(0xc0, []))
  await answered(client, PINGRESP)
  expect(client.isClosed).toBe(false)
})

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  '%s is a name like any other',
  async name => {
    const client = await login(name)
    client.send(subscribe(1, [name, 1]))
    await answered(client, SUBACK)
    client.send(publish(0x32, name, 'x', 1), publish(0x34, `${name}/2`, 'y', 1))
    await answered(client, PUBREC)
    await until('it is there', () => messages(client).length > 0)
    expect(messages(client)).toEqual(['1 x'])
  },
)

test('a will that is to be retained is', async () => {
  const fields = ['w', 'will', 'gone', 'anybody', PASSWORD].map(encodeText)
  const client = await RawClient.connect(ingest.port())
  client.send(encodePacket(0x10, [encodeText('MQTT'), Buffer.from([4, 0b1110_0110, 0, 0]), ...fields]))
  await until('it is connected', () => client.isConnected)
  const before = ingest.held.messages.length
  client.destroy()
  await until('the will is stored', () => ingest.held.messages.length > before)
  const later = await login()
  later.send(subscribe(1, ['will', 0]))
  await until('it is there', () => messages(later).length > 0)
  expect(messages(later)).toEqual(['0 gone R'])
})
