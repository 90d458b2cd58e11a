import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { ErrorCode } from '../../src/errors.ts'
import { encodeConnect, encodePacket, encodePublish, encodeText } from '../ingest/raw-client.ts'
import { until } from '../support/until.ts'
import { closed, FrontDoor, INSIDER, MARKER } from './front-door.ts'

const MIB = 1024 * 1024
let door: FrontDoor

beforeAll(async () => {
  door = await FrontDoor.start()
})

afterAll(() => door.close())

const TLS_CLIENT_HELLO = Buffer.from('1603010200010001fc0303', 'hex')

/** Sends it to the agent, which is to close the connection without a word, and to count this one reason. */
async function expectClosed(bytes: Buffer, code: ErrorCode): Promise<void> {
  await door.endure(
    async () => {
      const client = await door.open()
      client.send(bytes)
      expect(await closed(client)).toEqual([])
    },
    { refused: { [code]: 1 } },
  )
}

test.each([
  ['T01: HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: agent\r\n\r\n')],
  ['T01: HTTP that posts', Buffer.from('POST /iot/d HTTP/1.1\r\n\r\n')],
  ['T01: TLS', TLS_CLIENT_HELLO],
])('%s where MQTT is spoken is closed without a word', async (_what, bytes) => {
  await expectClosed(bytes, 'NOT_MQTT')
})

test.each([
  ['T01: SSH', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
  ['T02: a PUBLISH before CONNECT', encodePublish(1, 'kranj/a', MARKER)],
  ['T02: a PINGREQ before CONNECT', Buffer.from([0xc0, 0])],
  ['T02: an AUTH of MQTT 5 before CONNECT', Buffer.from([0xf0, 0])],
  ['T02: a packet of type 0', Buffer.from([0x00, 0])],
  ['T05: a CONNACK from a client', Buffer.from([0x20, 2, 0, 0])],
  ['T05: a PUBACK before CONNECT', Buffer.from([0x40, 2, 0, 1])],
  ['T05: a PUBREC before CONNECT', Buffer.from([0x50, 2, 0, 1])],
  ['T05: a PUBREL before CONNECT', Buffer.from([0x62, 2, 0, 1])],
  ['T05: a PUBCOMP before CONNECT', Buffer.from([0x70, 2, 0, 1])],
  [
    'T05: a SUBSCRIBE before CONNECT',
    encodePacket(0x82, [Buffer.from([0, 1]), encodeText('#'), Buffer.from([1])]),
  ],
  ['T05: a SUBACK from a client', Buffer.from([0x90, 3, 0, 1, 0])],
  ['T05: an UNSUBSCRIBE before CONNECT', encodePacket(0xa2, [Buffer.from([0, 1]), encodeText('#')])],
  ['T05: an UNSUBACK from a client', Buffer.from([0xb0, 2, 0, 1])],
  ['T05: a PINGRESP from a client', Buffer.from([0xd0, 0])],
  ['T05: a DISCONNECT before CONNECT', Buffer.from([0xe0, 0])],
  ['T05: a CONNECT with flags in its first byte', Buffer.from([0x11, 0])],
  ['T05: a PUBLISH that announces 256 MB before CONNECT', Buffer.from('30ffffff7f', 'hex')],
])('%s is closed without a word', async (_what, bytes) => {
  await expectClosed(bytes, 'PACKET_MALFORMED')
})

test.each([
  ['T03: a remaining length of five bytes', '10ffffffff7f', 'PACKET_MALFORMED' as const],
  ['T03: a remaining length that does not end', '108080808080', 'PACKET_MALFORMED' as const],
  ['T04: a CONNECT that announces 256 MB', '10ffffff7f', 'PACKET_TOO_LARGE' as const],
  ['T04: a CONNECT of more than 4 KiB', '108120', 'PACKET_TOO_LARGE' as const],
])('%s is closed at its length', async (_what, bytes, code) => {
  await expectClosed(Buffer.from(bytes, 'hex'), code)
})

test('T04: what follows the length of 256 MB, a megabyte at a time, is not kept', async () => {
  await door.endure(
    async () => {
      const client = await door.open()
      client.send(Buffer.from('10ffffff7f', 'hex'))
      for (let sent = 0; sent < 20 && !client.isClosed; sent += 1) client.send(Buffer.alloc(MIB))
      await closed(client)
    },
    { refused: { PACKET_TOO_LARGE: 1 } },
  )
})

const CONNECT = encodeConnect(INSIDER, 'in-pieces')

test('T07: a CONNECT that comes byte by byte is taken', async () => {
  await door.endure(async () => {
    const client = await door.open()
    for (const byte of CONNECT) {
      client.send(Buffer.from([byte]))
      await door.breathe()
    }
    await until('it is logged in', () => client.isConnected)
  }, {})
})

test('T07: a CONNECT that is cut in two, wherever that is, is taken', async () => {
  await door.endure(async () => {
    const address = door.newAddress()
    const clients = await Promise.all(
      Array.from(CONNECT.subarray(1), async (_byte, at) => {
        const client = await door.open(address)
        client.send(toUnique(at).subarray(0, at + 1))
        await door.breathe()
        client.send(toUnique(at).subarray(at + 1))
        return client
      }),
    )
    await until('all are logged in', () => clients.every(({ isConnected }) => isConnected))
  }, {})
})

/** Two of one client id would drive each other out. */
function toUnique(at: number): Buffer {
  return encodeConnect(INSIDER, `in-two-${String(at).padStart(2, '0')}`)
}
