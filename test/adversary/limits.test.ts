import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { encodeConnect, encodePacket, encodePublish, type RawClient } from '../ingest/raw-client.ts'
import { until } from '../support/until.ts'
import { COLLEAGUE, closed, DEVICE, FrontDoor, INSIDER, MARKER, toHex } from './front-door.ts'
import { encodeOddConnect, encodeOddPublish, encodeSubscribe } from './packets.ts'

const CROWD = process.env['TROMOST_LONG'] === '1' ? 5_000 : 300
const PER_ADDRESS = 50
const QOS2_MAX = 20
const FILTERS_MAX = 16
const RETAINED_MAX = 30
const RECONNECTS_MAX = 20
const FAILURES_MAX = 3

let door: FrontDoor

beforeAll(async () => {
  door = await FrontDoor.start({
    config: {
      mqtt: {
        listeners: [{ kind: 'tcp', port: 0 }],
        limits: {
          ...{ connectTimeout: '2s', connectionsPerAddress: PER_ADDRESS, connectionsPerCredential: 10_000 },
          ...{ failedLogins: FAILURES_MAX, reconnects: RECONNECTS_MAX, banTime: '2s' },
          ...{ qos2InFlight: QOS2_MAX, subscriptions: FILTERS_MAX, retainedMessages: RETAINED_MAX },
          ...{ messagesPerSecond: 20, messagesBurst: 2_000, overLimitFor: '1s', unreadBytes: '256KiB' },
        },
      },
    },
  })
})

afterAll(() => door.close())

/** So many sockets, from as many addresses as it takes. */
async function gather(count: number): Promise<readonly RawClient[]> {
  const clients: RawClient[] = []
  while (clients.length < count) {
    const address = door.newAddress()
    const some = Math.min(PER_ADDRESS, count - clients.length)
    clients.push(...(await Promise.all(Array.from({ length: some }, () => door.open(address)))))
  }
  return clients
}

test.each([
  ['say nothing', Buffer.alloc(0)],
  ['say one byte', Buffer.from([0x10])],
  ['begin a CONNECT and do not end it', Buffer.from('104000044d515454', 'hex')],
])(
  'T06: a crowd of those who %s is gone after the time-out, and others are served meanwhile',
  async (_what, bytes) => {
    await door.endure(
      async () => {
        const crowd = await gather(CROWD)
        for (const client of crowd) client.send(bytes)
        await door.login()
        await until('they are gone', () => crowd.every(({ isClosed }) => isClosed))
      },
      { refused: { CONNECT_TIMEOUT: CROWD } },
    )
  },
)

test('T06: one address has only so many sockets, and another one is let in', async () => {
  await door.endure(
    async () => {
      const address = door.newAddress()
      const clients = await Promise.all(Array.from({ length: PER_ADDRESS + 10 }, () => door.open(address)))
      await until('the rest is closed', () => clients.filter(({ isClosed }) => isClosed).length === 10)
      await door.login()
    },
    { refused: { ADDRESS_FULL: 10 } },
  )
})

test('T14: whoever guesses is answered ever later, then locked out; other addresses are not, and in time it is let in again', async () => {
  await door.endure(
    async () => {
      const address = door.newAddress()
      const answers: string[] = []
      for (let guess = 0; guess <= FAILURES_MAX; guess += 1) {
        const client = await door.open(address)
        client.send(encodeOddConnect({ password: `${MARKER}${guess}` }))
        answers.push(...(await closed(client)))
      }
      expect(answers).toEqual(['2 0004', '2 0004', '2 0004', '2 0003'])
      await door.login()
      await until('it is let in again', async () => {
        const client = await door.open(address)
        client.send(encodeConnect(INSIDER, 'after-all'))
        await until('it is answered', () => client.packets.length > 0)
        return client.isConnected
      })
    },
    { refused: { LOGIN_REFUSED: FAILURES_MAX, LOGINS_LOCKED: expect.any(Number) } },
  )
})

test('T27: whoever does not release messages at QoS 2 is closed after twenty', async () => {
  await door.endure(
    async () => {
      const client = await door.login()
      const ids = Array.from({ length: 1_000 }, (_, at) => at + 1)
      client.send(...ids.map(id => encodeOddPublish(0x34, 'kranj/a', id, MARKER)))
      await closed(client)
      expect(toHex(client).filter(packet => packet.startsWith('5 ')).length).toBeLessThanOrEqual(QOS2_MAX)
    },
    { refused: { QOS2_FULL: 1 }, received: expect.any(Number) },
  )
})

test('T29: whoever subscribes to hundreds of filters gets sixteen, or is closed', async () => {
  await door.endure(
    async () => {
      const client = await door.login()
      for (let id = 1; id <= FILTERS_MAX + 4; id += 1) client.send(encodeSubscribe(id, [`kranj/${id}`, 0]))
      const answers = () => toHex(client).filter(packet => packet.startsWith('9 '))
      await until('all are answered', () => answers().length === FILTERS_MAX + 4)
      expect(answers().filter(packet => packet.endsWith('80'))).toHaveLength(4)
      const many = await door.login(COLLEAGUE)
      many.send(encodeSubscribe(1, ...Array.from({ length: 9_000 }, (_, at) => [`kranj/${at}`, 0] as const)))
      expect(await closed(many)).toEqual(['2 0000'])
    },
    { refused: { FILTERS_TOO_MANY: 5 } },
  )
})

test('T38: whoever stops reading is cut, and those who publish to it do not wait', async () => {
  await door.endure(
    async () => {
      const frozen = await door.login(COLLEAGUE)
      frozen.send(encodeSubscribe(1, ['kranj/#', 1]))
      await until('it listens', () => toHex(frozen).includes('9 000101'))
      frozen.freeze()
      const long = 'x'.repeat(200_000)
      const publisher = await door.login(INSIDER)
      for (let id = 1; id <= 60; id += 1) publisher.send(encodePublish(id, 'kranj/a', long))
      await until('all is acknowledged', () => publisher.acknowledged.length === 60)
    },
    { refused: { SUBSCRIBER_SLOW: expect.any(Number) }, received: 60, memoryMiB: 120 },
  )
})

test('T40: keep-alives of none and of eighteen hours are taken, and end with the connection', async () => {
  await door.endure(async () => {
    for (const keepAlive of [0, 65_535]) {
      const client = await door.open()
      client.send(encodeOddConnect({ keepAlive, clientId: `patient-${keepAlive}` }), Buffer.from([0xc0, 0]))
      await until('its ping is answered', () => toHex(client).includes('13 '))
    }
  }, {})
})

test('T41: a device that sends far more than it may is read slower, then closed and banned for a while; nothing acknowledged is lost', async () => {
  const { agent } = door.town
  const before = await agent.getBalance('kranj')
  const client = await door.login(DEVICE)
  let id = 0
  await until('it is closed', () => {
    const packets = Array.from({ length: 50 }, (_, at) =>
      encodePublish(id + at + 1, `tromost/${DEVICE}/up`, ''),
    )
    if (id < 60_000) client.send(...packets)
    id += packets.length
    return client.isClosed
  })
  const acknowledged = client.acknowledged.length
  const again = await door.open()
  again.send(encodeConnect(DEVICE, 'again'))
  expect(await closed(again)).toEqual(['2 0003'])
  await door.serve()
  const after = await agent.getBalance('kranj')
  expect(after.received - before.received - 1).toBeGreaterThanOrEqual(acknowledged)
  expect(acknowledged).toBeLessThan(10_000)
})

test('T42: those who come back again and again wait for a while; others come in', async () => {
  await door.endure(
    async () => {
      const answers: string[] = []
      for (let visit = 0; visit <= RECONNECTS_MAX; visit += 1) {
        const client = await door.open()
        client.send(encodeConnect(INSIDER, 'flapping'))
        await until('it is answered', () => client.packets.length > 0)
        answers.push(...toHex(client))
        client.destroy()
      }
      expect(answers.slice(-2)).toEqual(['2 0000', '2 0003'])
      await door.login(INSIDER, 'calm')
    },
    { refused: { CLIENT_FLAPPING: 1 } },
  )
})

test('T42: hundreds who come at once are all let in', async () => {
  await door.endure(
    async () => {
      const crowd = await gather(CROWD)
      for (const [at, client] of crowd.entries()) client.send(encodeConnect(INSIDER, `crowd-${at}`))
      await until('all are in', () => crowd.every(({ isConnected }) => isConnected))
    },
    { memoryMiB: 64 },
  )
})

test('T43: whoever retains on one topic after the other is kept to a bound', async () => {
  await door.endure(
    async () => {
      const client = await door.login()
      for (let id = 1; id <= RETAINED_MAX + 20; id += 1)
        client.send(encodeOddPublish(0x33, `kranj/flood/${id}`, id, MARKER))
      await until('all is acknowledged', () => client.acknowledged.length === RETAINED_MAX + 20)
      const listener = await door.login(COLLEAGUE)
      listener.send(encodeSubscribe(1, ['kranj/flood/#', 0]), encodePacket(0xc0, []))
      await until('its ping is answered', () => toHex(listener).includes('13 '))
      await until(
        'what is retained has come',
        () => listener.packets.filter(({ type }) => type === 3).length === RETAINED_MAX,
      )
    },
    { refused: { RETAINED_FULL: 20 }, received: RETAINED_MAX + 20 },
  )
})
