import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { encodeConnect, encodePublish, type RawClient } from '../ingest/raw-client.ts'
import { PASSWORD } from '../ingest/test-client.ts'
import { AdminClient } from '../support/admin-client.ts'
import { until } from '../support/until.ts'
import { COLLEAGUE, closed, FrontDoor, INSIDER, MARKER, NEIGHBOUR, toHex } from './front-door.ts'
import { CLEAN, encodeOddConnect, encodeOddPublish, encodeSubscribe, WILL_RETAIN } from './packets.ts'

const FORBIDDEN = '2 0005'
/** Below the rights of those whom a case makes. */
const REVOKED = { tenant: 'kranj', password: PASSWORD, publish: ['kranj/#'], subscribe: ['kranj/#'] }

let door: FrontDoor
let admin: AdminClient

beforeAll(async () => {
  door = await FrontDoor.start()
  admin = new AdminClient(door.town.agent.httpUrl, door.town.agent.token)
})

afterAll(() => door.close())

/** What the SUBACK says of each filter. */
async function subscribe(client: RawClient, ...filters: readonly string[]): Promise<string> {
  client.send(encodeSubscribe(77, ...filters.map(filter => [filter, 1] as const)))
  const find = () => toHex(client).findLast(packet => packet.startsWith('9 004d'))
  await until('the SUBACK is there', () => find() !== undefined, { explain: () => toHex(client) })
  return find()?.slice('9 004d'.length) ?? ''
}

/** Everything that was published before has come, if it ever does: what it sends to itself has. */
async function hearItself(client: RawClient, topic = 'kranj/itself'): Promise<readonly string[]> {
  const topics = () => client.packets.filter(({ type }) => type === 3).map(({ body }) => toTopic(body))
  const before = topics().filter(heard => heard === topic).length
  client.send(encodePublish(78, topic, 'x'))
  await until('it hears itself', () => topics().filter(heard => heard === topic).length > before)
  return topics().filter(heard => heard !== topic)
}

function toTopic(body: Buffer): string {
  return body.toString('utf8', 2, 2 + body.readUInt16BE(0))
}

async function publish(client: RawClient, id: number, topic: string): Promise<void> {
  await publishAs(0x32, client, id, topic)
}

/** An empty one takes the place of what was retained, and is not retained itself. */
async function retain(client: RawClient, id: number, topic: string, payload = MARKER): Promise<void> {
  await publishAs(0x33, client, id, topic, payload)
}

async function publishAs(
  head: number,
  client: RawClient,
  id: number,
  topic: string,
  payload = MARKER,
): Promise<void> {
  const before = client.acknowledged.length
  client.send(encodeOddPublish(head, topic, id, payload))
  await until('it is acknowledged', () => client.acknowledged.length > before)
}

describe('a subscription', () => {
  test.each([
    '#',
    '+/#',
    '+/+',
    'bled/#',
    'tromost/six-1/up',
    '$SYS/#',
    '$share/g/bled/#',
    '$queue/#',
    '+/secret',
    '/kranj/#',
  ])('T30, T34: to %s, which is more than is allowed, is refused', async filter => {
    await door.endure(async () => expect(await subscribe(await door.login(), filter)).toBe('80'), {
      refused: { FILTER_FORBIDDEN: 1 },
    })
  })

  test('T32: of which a part is refused, gives nothing of that part, also after a reconnect with the session kept', async () => {
    await door.endure(
      async () => {
        const other = await door.login(NEIGHBOUR)
        await retain(other, 1, 'bled/kept')
        const first = await openKept('mixed')
        expect(await subscribe(first, 'kranj/#', 'bled/#', '#')).toBe('018080')
        await publish(other, 2, 'bled/live')
        expect(await hearItself(first)).toEqual([])
        first.destroy()
        await until('it is gone', () => first.isClosed)
        await publish(other, 3, 'bled/away')
        const second = await openKept('mixed')
        expect(toHex(second)[0]).toBe('2 0100')
        expect(await hearItself(second)).toEqual([])
        await retain(other, 4, 'bled/kept', '')
        await forget(second)
      },
      { refused: { FILTER_FORBIDDEN: 2 }, received: 6 },
    )
  })

  test('T34: of one municipality hears nothing of another, retained or live, whatever it may', async () => {
    await door.endure(
      async () => {
        const insider = await door.login(INSIDER)
        await retain(insider, 1, 'kranj/secret')
        const neighbour = await door.login(NEIGHBOUR)
        expect(await subscribe(neighbour, 'bled/#', 'kranj/#', 'kranj/secret')).toBe('018080')
        await publish(insider, 2, 'kranj/secret')
        expect(await hearItself(neighbour, 'bled/itself')).toEqual([])
        await retain(insider, 3, 'kranj/secret', '')
      },
      { refused: { FILTER_FORBIDDEN: 2 }, received: 4 },
    )
  })
})

describe('a client id', () => {
  test('T33: of another credential is refused also while its owner is away, and what waits is still there', async () => {
    await door.endure(
      async () => {
        const owner = await openKept('owned')
        expect(await subscribe(owner, 'kranj/waits')).toBe('01')
        owner.destroy()
        await until('it is gone', () => owner.isClosed)
        await publish(await door.login(COLLEAGUE), 1, 'kranj/waits')
        for (const thief of [NEIGHBOUR, COLLEAGUE]) {
          const client = await door.open()
          client.send(encodeOddConnect({ username: thief, clientId: 'owned', flags: 0 }))
          expect(await closed(client)).toEqual(['2 0002'])
        }
        const back = await openKept('owned')
        await until('what waited has come', () => back.packets.some(({ type }) => type === 3))
        await forget(back)
      },
      { refused: { CLIENT_ID_TAKEN: 2 }, received: 1 },
    )
  })

  test('T28: that comes back with a clean session is heard anew, also with packet ids of before', async () => {
    await door.endure(
      async () => {
        for (const payload of ['first', 'second']) {
          const client = await door.open()
          client.send(encodeConnect(INSIDER, 'twice'), encodeOddPublish(0x34, 'kranj/q', 5, payload))
          await until('it is received', () => toHex(client).includes('5 0005'))
          client.destroy()
        }
      },
      { received: 2 },
    )
  })
})

describe('a will', () => {
  test.each([
    ['T31: for a topic of others', 'bled/w', 'WILL_FORBIDDEN' as const],
    ['T31: for a device of others', 'tromost/six-1/up', 'WILL_FORBIDDEN' as const],
    ['T31: for a topic of the server', '$SYS/w', 'WILL_FORBIDDEN' as const],
    ['T31: for a topic of 101 levels', `kranj${'/x'.repeat(100)}`, 'TOPIC_TOO_LONG' as const],
  ])('%s is refused with its CONNECT, and never published', async (_what, topic, code) => {
    await door.endure(
      async () => {
        const client = await door.open()
        client.send(encodeOddConnect({ will: [topic, MARKER], flags: CLEAN + WILL_RETAIN }))
        expect(await closed(client)).toEqual([FORBIDDEN])
      },
      { refused: { [code]: 1 } },
    )
  })

  test('T31: of 60,000 bytes is more than somebody may send who is not logged in', async () => {
    await door.endure(
      async () => {
        const client = await door.open()
        client.send(encodeOddConnect({ will: ['kranj/w', MARKER.padEnd(60_000)] }))
        expect(await closed(client)).toEqual([])
      },
      { refused: { PACKET_TOO_LARGE: 1 } },
    )
  })

  test('T31: that may be is published when the client is gone, once', async () => {
    await door.endure(
      async () => {
        const listener = await door.login(COLLEAGUE)
        expect(await subscribe(listener, 'kranj/#')).toBe('01')
        const client = await door.open()
        client.send(encodeOddConnect({ will: ['kranj/gone', 'x'] }))
        await until('it is logged in', () => client.isConnected)
        client.destroy()
        await until('the will has come', () => listener.packets.some(({ type }) => type === 3))
        expect(await hearItself(listener)).toEqual(['kranj/gone'])
      },
      { received: 2 },
    )
  })
})

describe('a right that is withdrawn', () => {
  const place = (username: string) => `/api/v1/credentials/kranj/${username}`
  const narrow = (username: string, rights: object) =>
    admin.ask('PATCH', place(username), {
      body: rights,
      headers: { 'Content-Type': 'application/merge-patch+json', 'If-Match': '*' },
    })

  test('T35: to publish takes with it what was retained by it', async () => {
    await admin.post('/api/v1/credentials', { ...REVOKED, username: 'retainer' })
    await door.endure(
      async () => {
        await retain(await door.login('retainer'), 1, 'kranj/retained')
        expect((await narrow('retainer', { publish: ['kranj/else'] })).status).toBe(200)
        const listener = await door.login(COLLEAGUE)
        expect(await subscribe(listener, 'kranj/#')).toBe('01')
        expect(await hearItself(listener)).toEqual([])
      },
      { received: 2 },
    )
  })

  test('T36: to subscribe cuts the client, and nothing that waited for it comes when it is back', async () => {
    await admin.post('/api/v1/credentials', { ...REVOKED, username: 'listener' })
    await door.endure(
      async () => {
        const listener = await openKept('revoked', 'listener')
        expect(await subscribe(listener, 'kranj/#')).toBe('01')
        const away = await openKept('revoked-away', 'listener')
        expect(await subscribe(away, 'kranj/#')).toBe('01')
        away.destroy()
        await until('it is gone', () => away.isClosed)
        await publish(await door.login(COLLEAGUE), 1, 'kranj/waits')
        expect((await narrow('listener', { subscribe: ['kranj/own/#'] })).status).toBe(200)
        await closed(listener)
        for (const clientId of ['revoked', 'revoked-away']) {
          const back = await openKept(clientId, 'listener')
          expect(await subscribe(back, 'kranj/own/#')).toBe('01')
          expect(await hearItself(back, 'kranj/own/itself')).toEqual([])
          await forget(back)
        }
      },
      { received: 3 },
    )
  })

  test('T36: altogether cuts the client, and its login is none any more', async () => {
    await admin.post('/api/v1/credentials', { ...REVOKED, username: 'gone' })
    await door.endure(
      async () => {
        const client = await door.login('gone')
        const { status } = await admin.ask('DELETE', place('gone'), { headers: { 'If-Match': '*' } })
        expect(status).toBeLessThan(300)
        await closed(client)
        const again = await door.open()
        again.send(encodeConnect('gone', 'gone'))
        expect(await closed(again)).toEqual(['2 0004'])
      },
      { refused: { LOGIN_REFUSED: 1 } },
    )
  })
})

/** Logged in, with a session that is kept. */
async function openKept(clientId: string, username = INSIDER): Promise<RawClient> {
  const client = await door.open()
  client.send(encodeOddConnect({ username, clientId, flags: 0 }))
  await until('it is logged in', () => client.isConnected, { explain: () => toHex(client) })
  return client
}

/** Its session goes with it, so that the next case begins without. */
async function forget(client: RawClient): Promise<void> {
  client.destroy()
  await until('it is gone', () => client.isClosed)
}
