import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { encodeNumber, encodePacket, encodePublish, encodeText } from '../ingest/raw-client.ts'
import { until } from '../support/until.ts'
import { COLLEAGUE, closed, DEVICE, FrontDoor, MARKER, toHex } from './front-door.ts'
import { CLEAN, encodeOddConnect, encodeOddPublish, encodeSubscribe, toField } from './packets.ts'

const LEVELS_101 = `kranj${'/x'.repeat(100)}`
const LOGGED_IN = '2 0000'
const DISCONNECT = Buffer.from([0xe0, 0])

let door: FrontDoor

beforeAll(async () => {
  door = await FrontDoor.start()
})

afterAll(() => door.close())

const text = (hex: string) => Buffer.from(hex, 'hex')
const HALF_A_CHARACTER = text('6b72616e6a2feda080')
const NOT_UTF8 = text('6b72616e6a2fc328')
const OVERLONG = text('6b72616e6a2fc0af')

describe('a packet that is none', () => {
  test.each([
    ['T20: a PUBLISH with NUL in its topic', encodeOddPublish(0x32, 'kranj/\0', 1, MARKER)],
    ['T20: a PUBLISH with bytes that are not UTF-8', encodeOddPublish(0x32, NOT_UTF8, 1, MARKER)],
    ['T20: a PUBLISH with an overlong form of a character', encodeOddPublish(0x32, OVERLONG, 1, MARKER)],
    ['T20: a PUBLISH with half of a character', encodeOddPublish(0x32, HALF_A_CHARACTER, 1, MARKER)],
    ['T20: a PUBLISH with a control character', encodeOddPublish(0x32, 'kranj/\u0007', 1, MARKER)],
    [
      'T20: a PUBLISH with a control character of the upper half',
      encodeOddPublish(0x32, 'kranj/\u0085', 1, MARKER),
    ],
    ['T20: a SUBSCRIBE with NUL', encodeSubscribe(1, ['kranj/\0', 0])],
    ['T20: a SUBSCRIBE with bytes that are not UTF-8', encodeSubscribe(1, [NOT_UTF8, 0])],
    ['T26: a PUBLISH at QoS 3', encodeOddPublish(0x36, 'kranj/a', 1, MARKER)],
    [
      'T26: a PUBLISH at QoS 0 that says that it comes again',
      encodeOddPublish(0x38, 'kranj/a', undefined, MARKER),
    ],
    ['T26: a PUBLISH with packet id 0', encodeOddPublish(0x32, 'kranj/a', 0, MARKER)],
    ['T26: a PUBLISH to a topic with +', encodeOddPublish(0x32, 'kranj/+', 1, MARKER)],
    ['T26: a PUBLISH to #', encodeOddPublish(0x30, '#', undefined, MARKER)],
    ['T26: a PUBLISH to no topic', encodeOddPublish(0x32, '', 1, MARKER)],
    [
      'T26: a PUBLISH whose topic is longer than it',
      encodePacket(0x32, [encodeNumber(99), Buffer.from('kranj')]),
    ],
    [
      'T26: a PUBLISH that ends within its packet id',
      encodePacket(0x32, [encodeText('kranj/a'), Buffer.from([1])]),
    ],
    ['T26: a PUBLISH without anything', encodePacket(0x30, [])],
    ['T29: a SUBSCRIBE without filters', encodePacket(0x82, [encodeNumber(1)])],
    ['T29: a SUBSCRIBE to no filter', encodeSubscribe(1, ['', 0])],
    ['T29: a SUBSCRIBE at QoS 3', encodeSubscribe(1, ['kranj/a', 3])],
    ['T29: a SUBSCRIBE with reserved bits beside its QoS', encodeSubscribe(1, ['kranj/a', 0x81])],
    ['T29: a SUBSCRIBE to a#', encodeSubscribe(1, ['kranj/a#', 0])],
    ['T29: a SUBSCRIBE to a+', encodeSubscribe(1, ['kranj/a+', 0])],
    ['T29: a SUBSCRIBE to a/#/b', encodeSubscribe(1, ['kranj/#/b', 0])],
    ['T29: a SUBSCRIBE without a QoS', encodePacket(0x82, [encodeNumber(1), toField('kranj/a')])],
    ['T29: a SUBSCRIBE with packet id 0', encodeSubscribe(0, ['kranj/a', 0])],
    [
      'T29: a SUBSCRIBE with other flags',
      encodePacket(0x80, [encodeNumber(1), toField('kranj/a'), Buffer.from([0])]),
    ],
    ['T29: an UNSUBSCRIBE without filters', encodePacket(0xa2, [encodeNumber(1)])],
    ['T44: a CONNACK', text('20020000')],
    ['T44: a SUBACK', text('9003000100')],
    ['T44: an UNSUBACK', text('b0020001')],
    ['T44: a PINGRESP', text('d000')],
    ['T44: an AUTH of MQTT 5', text('f000')],
    ['T44: a packet of type 0', text('0000')],
    ['T44: a PINGREQ with a body', text('c00100')],
    ['T44: a DISCONNECT with a body', text('e00100')],
    ['T44: a PUBREL without its flags', text('60020001')],
    ['T44: a PUBACK of one byte', text('400101')],
    ['T44: a PUBACK with packet id 0', text('40020000')],
  ])('%s closes the connection', async (_what, packet) => {
    await door.endure(
      async () => {
        const client = await door.login()
        client.send(packet)
        expect(await closed(client)).toEqual([LOGGED_IN])
      },
      { refused: { PACKET_MALFORMED: 1 } },
    )
  })

  test('T26: a PUBLISH that announces more than packetBytes is closed at its length', async () => {
    await door.endure(
      async () => {
        const client = await door.login()
        client.send(text('308080a001'), Buffer.alloc(1_000))
        expect(await closed(client)).toEqual([LOGGED_IN])
      },
      { refused: { PACKET_TOO_LARGE: 1 } },
    )
  })

  test.each([
    ['T22: of 101 levels', LEVELS_101],
    ['T22: of 65,535 bytes', `kranj/${'x'.repeat(65_529)}`],
    ['T22: of 65,535 slashes', '/'.repeat(65_535)],
  ])('a topic %s closes the connection', async (_what, topic) => {
    await door.endure(
      async () => {
        const client = await door.login()
        client.send(encodeOddPublish(0x32, topic, 1, MARKER))
        expect(await closed(client)).toEqual([LOGGED_IN])
      },
      { refused: { TOPIC_TOO_LONG: 1 } },
    )
  })
})

describe('an acknowledgement that nobody waits for', () => {
  test.each([
    ['T44: a PUBACK', '40020007', []],
    ['T44: a PUBREC', '50020007', ['6 0007']],
    ['T44: a PUBCOMP', '70020007', []],
    ['T44: three times a PUBREL', '620200076202000762020007', ['7 0007', '7 0007', '7 0007']],
  ])('%s does no harm', async (_what, hex, answers) => {
    await door.endure(
      async () => {
        const client = await door.login()
        client.send(text(hex), encodePublish(9, 'kranj/a'))
        await until('it is served', () => client.acknowledged.length === 1)
        expect(toHex(client).filter(packet => !['2 0000', '4 0009'].includes(packet))).toEqual(answers)
      },
      { received: 1 },
    )
  })
})

describe('a topic', () => {
  test.each([
    'šola/čistilna/Žale',
    '📈/🌡',
    '\ufeffkranj',
    '日本語',
    '__proto__',
    'constructor',
    'a b',
    "'; --",
  ])('T21: with %j in it is kept as it came', async name => {
    await door.endure(
      async () => {
        const client = await door.login()
        client.send(encodePublish(1, `kranj/${name}`, 'x'))
        await until('it is served', () => client.acknowledged.length === 1)
        await until('it is kept', async () => (await listTopics()).includes(`kranj/${name}`))
      },
      { received: 1 },
    )
  })

  test.each(['$SYS/broker/uptime', '$share/g/kranj/a', '$claim/x', '$', '$SYS/new/clients'])(
    'T25: %s of the server is acknowledged, and dropped',
    async topic => {
      await door.endure(
        async () => {
          const client = await door.login()
          client.send(encodePublish(1, topic, MARKER), encodeOddPublish(0x33, topic, 2, MARKER))
          await until('it is acknowledged', () => client.acknowledged.length === 2)
        },
        { refused: { TOPIC_RESERVED: 2 } },
      )
    },
  )

  test.each(['bled/a', 'tromost/six-1/up', 'kranjska/a', 'kranj', '/kranj/a'])(
    'T25: %s that is not its own closes the connection',
    async topic => {
      // `kranj/#` is also `kranj` itself (MQTT 3.1.1, 4.7.1.2).
      const isOwn = topic === 'kranj'
      await door.endure(
        async () => {
          const client = await door.login()
          client.send(encodePublish(1, topic, MARKER))
          if (isOwn) await until('it is served', () => client.acknowledged.length === 1)
          else expect(await closed(client)).toEqual([LOGGED_IN])
        },
        isOwn ? { received: 1 } : { refused: { TOPIC_FORBIDDEN: 1 } },
      )
    },
  )
})

describe('a device', () => {
  test.each([
    ['T25: as another device', 'tromost/six-1/up'],
    ['T25: as one that nobody knows', 'tromost/six-9/up'],
    ['T25: on a topic that names nobody', 'kranj/a'],
  ])('%s is not heard', async (_what, topic) => {
    await door.endure(
      async () => {
        const client = await door.login(DEVICE)
        client.send(encodePublish(1, topic, MARKER))
        expect(await closed(client)).toEqual(['2 0000'])
      },
      { refused: { TOPIC_FORBIDDEN: 1 } },
    )
  })
})

test('T37: what comes behind a DISCONNECT is not heard, and there is no will', async () => {
  await door.endure(
    async () => {
      const listener = await door.login(COLLEAGUE)
      listener.send(encodeSubscribe(1, ['kranj/#', 0]))
      await until('it listens', () => toHex(listener).includes('9 000100'))
      const client = await door.open()
      const connect = encodeOddConnect({ will: ['kranj/will', MARKER], flags: CLEAN })
      client.send(connect, DISCONNECT, encodePublish(1, 'kranj/late', MARKER))
      expect(await closed(client)).toEqual([LOGGED_IN])
      listener.send(encodePublish(2, 'kranj/own', 'x'))
      await until('it hears itself', () => toHex(listener).length === 4)
      expect(toHex(listener).slice(2).sort()).toEqual(['3 00096b72616e6a2f6f776e78', '4 0002'])
    },
    { received: 1 },
  )
})

/** Of messages that no device is known for. */
async function listTopics(): Promise<readonly string[]> {
  const { body } = await door.town.agent.get('/api/v1/quarantine?limit=1000')
  return (body as { readonly entries: readonly { readonly topic: string }[] }).entries.map(
    ({ topic }) => topic,
  )
}
