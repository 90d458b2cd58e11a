import { afterEach, describe, expect, test } from '@jest/globals'
import { until } from '../support/until.ts'
import { TestIngest } from './test-ingest.ts'

const SPEAKER = { username: 'speaker', publish: ['#'] }
const LISTENER = { username: 'listener', subscribe: ['news/#', 'dev/+/down'] }
const REFUSED = 0x80
const KEPT = { clientId: 'kept', clean: false }

let ingest: TestIngest

afterEach(() => ingest.close())

async function open(...logins: Parameters<typeof TestIngest.open>[0]['logins']): Promise<void> {
  ingest = await TestIngest.open({ logins })
}

describe('the right to subscribe', () => {
  test('is denied by default', async () => {
    await open(SPEAKER)
    const client = await ingest.connect('speaker')
    expect(await client.subscribe('news/sport', '#', '$SYS/#', '+')).toEqual(Array(4).fill(REFUSED))
    await client.publish('news/sport')
    await client.publish('news/sport')
    expect(client.messages).toEqual([])
    expect(client.isConnected).toBe(true)
  })

  test('is granted filter by filter, as far as the credential reaches', async () => {
    await open(LISTENER)
    const client = await ingest.connect('listener')
    const filters = [
      'news',
      'news/#',
      'news/+/x',
      'dev/7/down',
      'dev/+/down',
      '#',
      '+/sport',
      'dev/#',
      'dev/7/up',
    ]
    const granted = [1, 1, 1, 1, 1, REFUSED, REFUSED, REFUSED, REFUSED]
    expect(await client.subscribe(...filters)).toEqual(granted)
  })

  test('is asked again for a session that was kept: a filter beside a granted one is never delivered', async () => {
    await open(SPEAKER, LISTENER)
    const speaker = await ingest.connect('speaker')
    const first = await ingest.connect('listener', KEPT)
    expect(await first.subscribe('news/sport', 'secret/#')).toEqual([1, REFUSED])
    await speaker.publish('secret/plan', 'online')
    await first.end()
    await until('the agent has noticed', () => ingest.observed.openSockets === 1)
    await speaker.publish('secret/plan', 'offline')
    await speaker.publish('news/sport', 'offline')
    const second = await ingest.connect('listener', KEPT)
    expect(second.hasSession).toBe(true)
    await speaker.publish('secret/plan', 'back')
    await speaker.publish('news/sport', 'back')
    await until('all news are there', () => second.messages.length >= 2)
    await ingest.settle()
    expect(second.messages).toEqual(['news/sport=offline', 'news/sport=back'])
    expect(first.messages).toEqual([])
  })
})

describe('a subscriber', () => {
  test.each([0, 1, 2] as const)(
    'gets what is published at QoS %i, which is stored all the same',
    async qos => {
      await open(SPEAKER, LISTENER)
      const listener = await ingest.connect('listener')
      await listener.subscribe('news/#')
      const speaker = await ingest.connect('speaker')
      await speaker.publish('news/sport', 'x', { qos })
      await until('it is there', () => listener.messages.length === 1)
      expect(listener.messages).toEqual(['news/sport=x'])
      expect(ingest.held.topics).toEqual(['news/sport'])
    },
  )

  test('gets nothing that is not stored', async () => {
    await open(SPEAKER, LISTENER)
    const listener = await ingest.connect('listener')
    await listener.subscribe('news/#')
    ingest.held.hold()
    const speaker = await ingest.connect('speaker')
    speaker.send('news/sport', 'lost')
    await until('it is handed on', () => ingest.held.messages.length === 1)
    ingest.held.answer(new Error('the disk is full'))
    await speaker.closed()
    ingest.held.pass()
    await (await ingest.connect('speaker')).publish('news/sport', 'kept')
    await until('the other one is there', () => listener.messages.length > 0)
    expect(listener.messages).toEqual(['news/sport=kept'])
  })

  test('gets no more after it has unsubscribed', async () => {
    await open(SPEAKER, LISTENER)
    const listener = await ingest.connect('listener')
    await listener.subscribe('news/#', 'dev/1/down')
    await listener.unsubscribe('news/#')
    const speaker = await ingest.connect('speaker')
    await speaker.publish('news/sport', 'x')
    await speaker.publish('dev/1/down', 'y')
    await until('the other topic is heard', () => listener.messages.length > 0)
    expect(listener.messages).toEqual(['dev/1/down=y'])
  })

  test('that comes later gets what was retained', async () => {
    await open(SPEAKER, LISTENER)
    const speaker = await ingest.connect('speaker')
    await speaker.publish('news/sport', 'old', { retain: true })
    await speaker.publish('news/sport', 'new', { retain: true })
    await speaker.publish('news/sport', 'not retained')
    const listener = await ingest.connect('listener')
    await listener.subscribe('news/#')
    await until('it is there', () => listener.messages.length > 0)
    expect(listener.messages).toEqual(['news/sport=new'])
  })

  test('that was away gets what its session kept, in order', async () => {
    await open(SPEAKER, LISTENER)
    const speaker = await ingest.connect('speaker')
    const first = await ingest.connect('listener', KEPT)
    await first.subscribe('news/#')
    first.cut()
    await until('the agent has noticed', () => ingest.observed.openSockets === 1)
    for (const payload of ['1', '2', '3']) await speaker.publish('news/sport', payload)
    const second = await ingest.connect('listener', KEPT)
    await until('all are there', () => second.messages.length === 3)
    expect(second.messages).toEqual(['news/sport=1', 'news/sport=2', 'news/sport=3'])
    await speaker.publish('news/sport', '4')
    await until('it is still subscribed', () => second.messages.length === 4)
  })

  test('that begins anew has nothing left of its earlier session', async () => {
    await open(SPEAKER, LISTENER)
    const speaker = await ingest.connect('speaker')
    const first = await ingest.connect('listener', KEPT)
    await first.subscribe('news/#')
    await first.end()
    const second = await ingest.connect('listener', { ...KEPT, clean: true })
    await second.subscribe('dev/1/down')
    await speaker.publish('news/sport', 'x')
    await speaker.publish('dev/1/down', 'y')
    await until('the other topic is heard', () => second.messages.length > 0)
    expect(second.messages).toEqual(['dev/1/down=y'])
  })

  test('that takes its own client id over hears what it subscribes to', async () => {
    await open(SPEAKER, LISTENER)
    const older = await ingest.connect('listener', { clientId: 'c1' })
    await older.subscribe('news/#')
    const newer = await ingest.connect('listener', { clientId: 'c1' })
    await newer.subscribe('news/#')
    await older.closed()
    await (await ingest.connect('speaker')).publish('news/sport', 'x')
    await until('it is there', () => newer.messages.length === 1)
  })
})
