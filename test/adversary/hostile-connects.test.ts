import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { encodeConnect, encodePublish } from '../ingest/raw-client.ts'
import { until } from '../support/until.ts'
import { closed, FrontDoor, INSIDER, MARKER, NEIGHBOUR } from './front-door.ts'
import { CLEAN, encodeOddConnect, WILL_QOS_1, WILL_QOS_3, WILL_RETAIN } from './packets.ts'

const CONNACK = { taken: '2 0000', version: '2 0001', id: '2 0002', login: '2 0004' }

let door: FrontDoor

beforeAll(async () => {
  door = await FrontDoor.start()
})

afterAll(() => door.close())

/** Sends it, and gives what was answered before the connection was closed. */
async function askAndBeClosed(...packets: readonly Buffer[]): Promise<readonly string[]> {
  const client = await door.open()
  client.send(...packets)
  return closed(client)
}

describe('a CONNECT that is none', () => {
  test.each([
    ['T08: a reserved flag', encodeOddConnect({ flags: CLEAN + 1 })],
    ['T08: a QoS of a will without a will', encodeOddConnect({ flags: CLEAN + WILL_QOS_1 })],
    ['T08: a will to be retained without a will', encodeOddConnect({ flags: CLEAN + WILL_RETAIN })],
    ['T09: a protocol of another name', encodeOddConnect({ name: 'MQTTT' })],
    ['T09: a protocol without a name', encodeOddConnect({ name: '' })],
    ['T09: a protocol with a long name', encodeOddConnect({ name: 'M'.repeat(3_000) })],
    ['T10: a will of QoS 3', encodeOddConnect({ flags: CLEAN + WILL_QOS_3, will: ['kranj/w', MARKER] })],
    ['T11: a password without a user name', encodeOddConnect({ username: undefined, password: MARKER })],
    ['T13: a byte too many', encodeOddConnect({ trailer: Buffer.from([0]) })],
    ['T13: a whole field too many', encodeOddConnect({ trailer: Buffer.from([0, 1, 0x61]) })],
    ['T13: an end within the client id', Buffer.from('100d00044d5154540402003c00206f', 'hex')],
    ['T13: no payload at all', Buffer.from('100a00044d5154540402003c', 'hex')],
    ['T13: nothing but its first byte and length', Buffer.from('1000', 'hex')],
    ['T20: a client id with NUL', encodeOddConnect({ clientId: 'a\0b' })],
    ['T20: a client id that is not UTF-8', encodeOddConnect({ clientId: Buffer.from([0x61, 0xc3, 0x28]) })],
    [
      'T20: a client id with half of a character',
      encodeOddConnect({ clientId: Buffer.from([0xed, 0xa0, 0x80]) }),
    ],
    ['T20: a client id with a control character', encodeOddConnect({ clientId: 'a\u0007b' })],
    ['T20: a user name that is not UTF-8', encodeOddConnect({ username: Buffer.from([0xff, 0xfe]) })],
    ['T20: a user name with NUL', encodeOddConnect({ username: `${INSIDER}\0` })],
    ['T31: a will for a topic with a wildcard', encodeOddConnect({ will: ['kranj/#', MARKER] })],
    ['T31: a will for no topic', encodeOddConnect({ will: ['', MARKER] })],
    ['T31: a will for a topic with NUL', encodeOddConnect({ will: ['kranj/\0', MARKER] })],
  ])('%s is closed without a word', async (_what, packet) => {
    await door.endure(async () => expect(await askAndBeClosed(packet)).toEqual([]), {
      refused: { PACKET_MALFORMED: 1 },
    })
  })
})

describe('a version', () => {
  test.each([
    ['T09: level 255', encodeOddConnect({ level: 255 })],
    ['T09: level 0', encodeOddConnect({ level: 0 })],
    ['T09: level 132, which some take for a bridge', encodeOddConnect({ level: 0x84 })],
    ['T09: MQIsdp, and the level of MQTT 3.1.1', encodeOddConnect({ name: 'MQIsdp' })],
  ])('%s is told that it is not served', async (_what, packet) => {
    await door.endure(async () => expect(await askAndBeClosed(packet)).toEqual([CONNACK.version]), {
      refused: { VERSION_UNSUPPORTED: 1 },
    })
  })
})

describe('a login', () => {
  test.each([
    ['T12: without client id and without a clean session', encodeOddConnect({ clientId: '', flags: 0 })],
    ['T24: with the client id #', encodeOddConnect({ clientId: '#' })],
    ['T24: with the client id +/../x', encodeOddConnect({ clientId: '+/../x' })],
    ['T24: with the client id $SYS', encodeOddConnect({ clientId: '$SYS' })],
  ])('%s is told that it is none', async (_what, packet) => {
    await door.endure(async () => expect(await askAndBeClosed(packet)).toEqual([CONNACK.id]), {
      refused: { CLIENT_ID_REFUSED: 1 },
    })
  })

  test('T12: without client id is taken with a clean session', async () => {
    await door.endure(async () => {
      const client = await door.open()
      client.send(encodeOddConnect({ clientId: '' }))
      await until('it is logged in', () => client.isConnected)
    }, {})
  })

  test.each([
    ['T16: without user name and password', encodeOddConnect({ username: undefined, password: undefined })],
    ['T16: without password', encodeOddConnect({ password: undefined })],
    ['T16: with an empty password', encodeOddConnect({ password: '' })],
    ['T14: with a wrong password', encodeOddConnect({ password: MARKER })],
    ['T14: with a password of another length', encodeOddConnect({ password: MARKER.repeat(40) })],
    ['T23: as __proto__', encodeOddConnect({ username: '__proto__' })],
    ['T23: as constructor', encodeOddConnect({ username: 'constructor' })],
    ['T24: as #', encodeOddConnect({ username: '#' })],
    ['T24: as {device}', encodeOddConnect({ username: '{device}' })],
  ])('%s is refused', async (_what, packet) => {
    await door.endure(async () => expect(await askAndBeClosed(packet)).toEqual([CONNACK.login]), {
      refused: { LOGIN_REFUSED: 1 },
    })
  })

  test('T15: with the client id of another credential is refused, and that one stays', async () => {
    await door.endure(
      async () => {
        const victim = await door.login(INSIDER, 'of-insider')
        expect(await askAndBeClosed(encodeConnect(NEIGHBOUR, 'of-insider'))).toEqual([CONNACK.id])
        victim.send(encodePublish(7, 'kranj/a'))
        await until('the victim is served', () => victim.acknowledged.length === 1)
      },
      { refused: { CLIENT_ID_TAKEN: 1 }, received: 1 },
    )
  })

  test('T17: that is refused takes with it what came behind it', async () => {
    await door.endure(
      async () => {
        const packets = [encodeOddConnect({ password: 'wrong' }), encodePublish(1, 'kranj/a', MARKER)]
        expect(await askAndBeClosed(...packets)).toEqual([CONNACK.login])
      },
      { refused: { LOGIN_REFUSED: 1 } },
    )
  })

  test('T17: a second CONNECT on one connection closes it', async () => {
    await door.endure(
      async () => {
        const client = await door.login()
        client.send(encodeOddConnect({ clientId: 'second' }))
        expect(await closed(client)).toEqual([CONNACK.taken])
      },
      { refused: { PACKET_MALFORMED: 1 } },
    )
  })

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'T23: with the client id %s is an ordinary one, twice over',
    async clientId => {
      await door.endure(
        async () => {
          for (const id of [1, 2]) {
            const client = await door.open()
            client.send(encodeOddConnect({ clientId, flags: 0 }), encodePublish(id, 'kranj/a'))
            await until('it is served', () => client.acknowledged.length === 1)
          }
        },
        { received: 2 },
      )
    },
  )
})
