import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { until } from '../support/until.ts'
import { TestIngest } from './test-ingest.ts'

const VERSION_5 = { protocolVersion: 5 } as const
const SHOWN = {
  payloadFormatIndicator: true,
  contentType: 'text/plain',
  userProperties: { a: 'b', c: ['d', 'e'] },
}

let ingest: TestIngest

beforeEach(async () => {
  ingest = await TestIngest.open({
    logins: [{ username: 'anybody', publish: ['town/#'], subscribe: ['town/#'] }],
  })
})

afterEach(() => ingest.close())

const connect = (clientId: string, options: Parameters<TestIngest['connect']>[1] = {}) =>
  ingest.connect('anybody', { clientId, ...VERSION_5, ...options })

describe('a client of MQTT 5', () => {
  test.each([0, 1, 2] as const)(
    'publishes at QoS %i, with properties and without, on both ways',
    async qos => {
      const client = await connect('a')
      await client.publish('town/a', 'plain', { qos })
      await client.publish('town/a', 'properties', { qos, properties: SHOWN })
      await client.publish('town/a', 'retained', { qos, retain: true, properties: SHOWN })
      await until('all are stored', () => ingest.held.messages.length === 3)
      expect(ingest.held.messages.map(({ payload }) => payload.toString())).toEqual([
        'plain',
        'properties',
        'retained',
      ])
      expect(ingest.observed.refusals).toEqual([])
    },
  )

  test('subscribes and receives at each QoS, from clients of both versions', async () => {
    const client = await connect('a')
    expect(await client.subscribeAt(2, 'town/#')).toEqual([2])
    for (const protocolVersion of [4, 5] as const) {
      const publisher = await connect(`b${protocolVersion}`, { protocolVersion })
      for (const qos of [0, 1, 2] as const)
        await publisher.publish(`town/${protocolVersion}`, `${qos}`, { qos })
    }
    await until('all are there', () => client.messages.length === 6)
    expect([...client.messages].sort()).toEqual([
      'town/4=0',
      'town/4=1',
      'town/4=2',
      'town/5=0',
      'town/5=1',
      'town/5=2',
    ])
    await client.unsubscribe('town/#')
    expect(client.answers('unsuback')).toMatchObject([{ granted: [0] }])
  })

  test('is told what is served', async () => {
    const client = await connect('', { clean: true })
    expect(client.answers('connack')).toMatchObject([
      {
        reasonCode: 0,
        properties: {
          receiveMaximum: 100,
          maximumPacketSize: 65_536,
          subscriptionIdentifiersAvailable: false,
          sharedSubscriptionAvailable: false,
          assignedClientIdentifier: expect.stringMatching(/^auto-/),
        },
      },
    ])
  })

  test('leaves its will when it is cut off, or says so, and not when it ends as usual', async () => {
    const watcher = await connect('watcher')
    await watcher.subscribe('town/#')
    const will = (clientId: string) => ({
      will: {
        topic: `town/${clientId}`,
        payload: Buffer.from('gone'),
        qos: 1 as const,
        properties: { contentType: 'x' },
      },
    })
    const usual = await connect('usual', will('usual'))
    await usual.end()
    const cut = await connect('cut', will('cut'))
    cut.cut()
    await until('the will of the one is there', () => watcher.messages.length === 1)
    const asked = await connect('asked', will('asked'))
    await asked.end({ reasonCode: 4 })
    await until('the will of the other is there', () => watcher.messages.length === 2)
    expect(watcher.messages).toEqual(['town/cut=gone', 'town/asked=gone'])
  })

  test('keeps its session when it asks for that, though it began it anew', async () => {
    const options = { clean: true, properties: { sessionExpiryInterval: 60 } }
    const first = await connect('a', options)
    expect(first.answers('connack')).toMatchObject([{ properties: { sessionExpiryInterval: 604_800 } }])
    await first.subscribe('town/#')
    first.cut()
    const publisher = await connect('b')
    await publisher.publish('town/a', 'meanwhile')
    const back = await connect('a', { ...options, clean: false })
    expect(back.hasSession).toBe(true)
    await until('what came meanwhile is there', () => back.messages.length === 1)
    expect(back.messages).toEqual(['town/a=meanwhile'])
    await back.end()
    const anew = await connect('a', options)
    expect(anew.hasSession).toBe(false)
  })

  test('has no session after it where it asks for none', async () => {
    const first = await connect('a', { clean: true })
    await first.subscribe('town/#')
    await first.end()
    const back = await connect('a', { clean: false })
    expect(back.hasSession).toBe(false)
  })
})

describe('a client of MQTT 5 is told the reason', () => {
  test('of a login that is refused', async () => {
    await expect(connect('a', { password: 'wrong' })).rejects.toMatchObject({ code: 0x86 })
    await expect(connect('a+')).rejects.toMatchObject({ code: 0x85 })
    const authentication = { properties: { authenticationMethod: 'SCRAM-SHA-1' } }
    await expect(connect('a', authentication)).rejects.toMatchObject({ code: 0x8c })
  })

  test('of a topic that it may not publish', async () => {
    const client = await connect('a')
    client.send('elsewhere')
    await client.closed()
    expect(client.answers('disconnect')).toMatchObject([{ reasonCode: 0x87 }])
    expect(ingest.observed.refusals).toMatchObject([{ code: 'TOPIC_FORBIDDEN' }])
  })

  test('of another connection with its id, of a right that is withdrawn, and of an agent that stops', async () => {
    const [first, second] = [await connect('a'), await connect('a')]
    await first.closed()
    expect(first.answers('disconnect')).toMatchObject([{ reasonCode: 0x8e }])
    ingest.change({ username: 'anybody', publish: ['elsewhere'] })
    await second.closed()
    expect(second.answers('disconnect')).toMatchObject([{ reasonCode: 0x87 }])
    const [third, older] = [await connect('b'), await connect('c', { protocolVersion: 4 })]
    await ingest.ingest.close()
    await third.closed()
    await older.closed()
    expect(third.answers('disconnect')).toMatchObject([{ reasonCode: 0x8b }])
    expect(older.answers('disconnect')).toEqual([])
  })

  test('of a packet that is too large', async () => {
    const client = await connect('a', { properties: { maximumPacketSize: 1_000_000 } })
    client.send('town/a', Buffer.alloc(70_000))
    await client.closed()
    expect(client.answers('disconnect')).toMatchObject([{ reasonCode: 0x95 }])
  })

  test('of filters that are not granted, in their order, though one is there twice', async () => {
    const client = await connect('a')
    const filters = {
      'town/a': { qos: 0 as const },
      elsewhere: { qos: 1 as const },
      '$share/g/town/a': { qos: 1 as const },
      'town/b': { qos: 1 as const, nl: true },
    }
    expect(await client.subscribeTo(filters)).toEqual([0, 0x87, 0x9e, 0x83])
    expect(await client.subscribeTo({ '$share/g/town/b': { qos: 1 } })).toEqual([0x9e])
  })
})
