import { afterEach, describe, expect, test } from '@jest/globals'
import { until } from '../support/until.ts'
import { GuardedPipe } from './guarded-pipe.ts'
import { encodeNumber, encodePacket, encodePublish, encodeText } from './raw-client.ts'

const MQTT = encodeText('MQTT')
const NO_CONNACK = Buffer.alloc(0)
const CONNECT = encodePacket(0x10, [MQTT, Buffer.from([4, 0x02, 0, 0]), encodeText('c')])

/** A CONNECT with flags, and whatever fields follow them. */
function connect(flags: number, ...fields: readonly Buffer[]): Buffer {
  return encodePacket(0x10, [MQTT, Buffer.from([4, flags, 0, 60]), ...fields])
}

/** A CONNECT of a protocol and a level. */
function connectAs(name: string, level: number): Buffer {
  return encodePacket(0x10, [encodeText(name), Buffer.from([level, 0x02, 0, 60]), encodeText('c')])
}

/** Bytes with their length before them. */
function field(...bytes: readonly number[]): Buffer {
  return Buffer.concat([encodeNumber(bytes.length), Buffer.from(bytes)])
}

const ID = Buffer.from([0, 1])
const [NUL, C0, C1, LATIN1, SURROGATE, OVERLONG, NONCHARACTER] = [
  field(0x61, 0x00),
  field(0x61, 0x1b),
  field(0xc2, 0x85),
  field(0x61, 0xe9),
  field(0xed, 0xa0, 0x80),
  field(0xc0, 0xaf),
  field(0xef, 0xbf, 0xbf),
] as const
const BAD_TEXTS = [
  ['NUL', NUL],
  ['a control character', C0],
  ['a control character of Latin-1', C1],
  ['bytes that are not UTF-8', LATIN1],
  ['a surrogate', SURROGATE],
  ['an overlong form', OVERLONG],
  ['a noncharacter', NONCHARACTER],
] as const

let pipe: GuardedPipe

afterEach(() => pipe.close())

async function expectClosed(...packets: readonly Buffer[]): Promise<void> {
  pipe = new GuardedPipe()
  pipe.send(...packets)
  await until('the connection is closed', () => pipe.isClosed)
}

describe('a connection that begins with', () => {
  test.each([
    ['a request of HTTP', Buffer.from('GET /'), 'NOT_MQTT', '0x47 (HTTP)'],
    ['a handshake of TLS', Buffer.from([0x16, 0x03, 0x01, 0x02]), 'NOT_MQTT', '0x16 (TLS)'],
    ['a single byte that is none of CONNECT', Buffer.from([0x00]), 'PACKET_MALFORMED', '0x00'],
    ...[0x11, 0x20, 0x32, 0x40, 0x50, 0x62, 0x70, 0x82, 0x90, 0xa2, 0xb0, 0xc0, 0xd0, 0xe0, 0xf0].map(
      head => {
        const got = `0x${head.toString(16)}`
        return [got, Buffer.from([head]), 'PACKET_MALFORMED', got] as const
      },
    ),
  ])('%s is closed at its first byte, without a word', async (_what, bytes, code, got) => {
    await expectClosed(bytes)
    expect(pipe.faults).toMatchObject([
      { code, detail: `expected CONNECT first, got what begins with ${got}` },
    ])
    expect(pipe.answers).toEqual(NO_CONNACK)
    expect(pipe.passed).toEqual(Buffer.alloc(0))
  })
})

describe('a CONNECT', () => {
  test.each([
    ['of another protocol', connectAs('MQTTT', 4), 'the protocol MQTT, got "MQTTT"'],
    ['with a name in small letters', connectAs('mqtt', 4), 'the protocol MQTT, got "mqtt"'],
    [
      'with a name of 3,000 letters',
      connectAs('M'.repeat(3_000), 4),
      `the protocol MQTT, got "${'M'.repeat(100)}…"`,
    ],
    ['with its reserved flag', connect(0x03, encodeText('c')), 'the reserved flag to be 0, got 1'],
    [
      'with a QoS of a will that it has not',
      connect(0x0a, encodeText('c')),
      'no QoS and no retain flag of a will without a will',
    ],
    [
      'with the retain flag of a will that it has not',
      connect(0x22, encodeText('c')),
      'no QoS and no retain flag of a will without a will',
    ],
    [
      'with a will of QoS 3',
      connect(0x1e, ...['c', 't', 'p'].map(encodeText)),
      'a will of QoS 0, 1 or 2, got 3',
    ],
    [
      'with a password and no user name',
      connect(0x42, encodeText('c'), encodeText('p')),
      'no password without a user name',
    ],
    [
      'with something after its last field',
      connect(0x02, encodeText('c'), Buffer.from([0])),
      'nothing after its last field, got 1 bytes',
    ],
    ['without a client id', connect(0x02), 'a client id that ends within the packet'],
    [
      'without the user name that it announces',
      connect(0x82, encodeText('c')),
      'a user name that ends within the packet',
    ],
    [
      'without the password that it announces',
      connect(0xc2, encodeText('c'), encodeText('u')),
      'a password that ends within the packet',
    ],
    [
      'without the payload of its will',
      connect(0x06, encodeText('c'), encodeText('t')),
      'the payload of a will that ends within the packet',
    ],
    ['that is empty', encodePacket(0x10, []), 'the name of a protocol that ends within the packet'],
    ['that ends after its name', encodePacket(0x10, [MQTT]), 'a protocol level that ends within the packet'],
    [
      'that ends after its level',
      encodePacket(0x10, [MQTT, Buffer.from([4])]),
      'flags that ends within the packet',
    ],
    [
      'that ends in its keep-alive',
      encodePacket(0x10, [MQTT, Buffer.from([4, 2, 0])]),
      'a keep-alive that ends within the packet',
    ],
  ])('%s is refused without a CONNACK', async (_what, packet, expectation) => {
    await expectClosed(packet)
    expect(pipe.faults).toMatchObject([
      { code: 'PACKET_MALFORMED', detail: `CONNECT: expected ${expectation}` },
    ])
    expect(pipe.answers).toEqual(NO_CONNACK)
    expect(pipe.passed).toEqual(Buffer.alloc(0))
  })

  describe.each(BAD_TEXTS)('with %s', (_what, text) => {
    test.each([
      ['client id', connect(0x02, text)],
      ['user name', connect(0x82, encodeText('c'), text)],
      ['topic of a will', connect(0x06, encodeText('c'), text, encodeText('p'))],
    ])('in its %s is refused', async (_field, packet) => {
      await expectClosed(packet)
      expect(pipe.faults).toMatchObject([{ code: 'PACKET_MALFORMED' }])
      expect(pipe.answers).toEqual(NO_CONNACK)
    })
  })

  test.each(['', 'a/#', '+/b'])('with a will on %j is refused', async topic => {
    await expectClosed(connect(0x06, encodeText('c'), encodeText(topic), encodeText('p')))
    expect(pipe.faults).toMatchObject([{ code: 'PACKET_MALFORMED' }])
  })

  test.each([
    ['MQTT', 3, '4 or 5'],
    ['MQTT', 6, '4 or 5'],
    ['MQTT', 255, '4 or 5'],
    ['MQTT', 0x84, '4 or 5'],
    ['MQIsdp', 4, '3'],
  ])('of %s with level %i gets CONNACK 1', async (name, level, known) => {
    await expectClosed(connectAs(name, level))
    await until('it is told', () => pipe.answers.length > 0)
    expect(pipe.answers).toEqual(Buffer.from([0x20, 2, 0, 1]))
    const detail = `CONNECT: expected ${name} of level ${known}, got ${level}`
    expect(pipe.faults).toMatchObject([{ code: 'VERSION_UNSUPPORTED', detail }])
    expect(pipe.passed).toEqual(Buffer.alloc(0))
  })

  test.each([
    ['no client id, though its session is to be kept', 0x00, ''],
    ['+ in its client id', 0x02, 'a+'],
    ['# in its client id', 0x02, '#'],
    ['$ at the front of its client id', 0x02, '$SYS'],
  ])('with %s gets CONNACK 2', async (_what, flags, clientId) => {
    await expectClosed(connect(flags, encodeText(clientId)))
    await until('it is told', () => pipe.answers.length > 0)
    expect(pipe.answers).toEqual(Buffer.from([0x20, 2, 0, 2]))
    expect(pipe.faults).toMatchObject([{ code: 'CLIENT_ID_REFUSED' }])
    expect(pipe.passed).toEqual(Buffer.alloc(0))
  })

  test.each([
    ['with / and $ inside its client id', connect(0x02, encodeText('mosq/a$b'))],
    ['of MQTT 3.1', connectAs('MQIsdp', 3)],
    [
      'with a will, a user name and a password of any bytes',
      connect(0xf6, ...['c', 't', 'p', 'u'].map(encodeText), field(0, 0xff)),
    ],
    ['with a user name and no password', connect(0x82, encodeText('c'), encodeText('u'))],
    ['with letters of any language', connect(0x82, encodeText('senzor-šč-😀'), encodeText('\uFEFFžiga'))],
  ])('%s is passed on', async (_what, packet) => {
    pipe = new GuardedPipe()
    pipe.send(packet)
    await until('it is passed on', () => pipe.passed.length > 0)
    // In the one version that aedes speaks, and without a keep-alive.
    const expected = Buffer.concat([
      connect(
        packet.at(packet.indexOf('MQ') + packet.readUInt16BE(2) + 1) ?? 0,
        packet.subarray(2 + 2 + packet.readUInt16BE(2) + 4),
      ),
    ])
    expected[11] = 0
    expect(pipe.passed).toEqual(expected)
    expect(pipe.faults).toEqual([])
  })

  test('is passed on wherever it is cut', async () => {
    const packet = connect(0xf6, ...['c', 't', 'p', 'u'].map(encodeText), field(0, 0xff))
    for (let at = 1; at < packet.length; at++) {
      pipe = new GuardedPipe()
      pipe.send(packet.subarray(0, at), packet.subarray(at))
      await until('it is passed on', () => pipe.passed.length > 0)
      expect(pipe.passed.subarray(12)).toEqual(packet.subarray(12))
      pipe.close()
    }
  })

  test('without a client id gets one that nobody else has', async () => {
    pipe = new GuardedPipe()
    pipe.send(connect(0x02, encodeText('')))
    await until('it is passed on', () => pipe.passed.length > 0)
    expect(pipe.passed.toString('latin1', 14)).toMatch(/^auto-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  })
})

describe('after its CONNECT a client is closed for', () => {
  const subscribe = (...parts: readonly Buffer[]) => encodePacket(0x82, [ID, ...parts])
  const unsubscribe = (...parts: readonly Buffer[]) => encodePacket(0xa2, [ID, ...parts])
  const QOS_1 = Buffer.from([1])
  const SYNTAX = 'a topic filter with + and # as whole levels, # as the last'
  const TOPIC = 'a topic in UTF-8 without +, # and control characters'

  test.each([
    ['a second CONNECT', CONNECT, 'expected CONNECT only once'],
    [
      'CONNACK',
      encodePacket(0x20, [Buffer.from([0, 0])]),
      'expected a packet that clients send, got 0x20 (CONNACK)',
    ],
    ['SUBACK', encodePacket(0x90, [ID, QOS_1]), 'expected a packet that clients send, got 0x90 (SUBACK)'],
    ['UNSUBACK', encodePacket(0xb0, [ID]), 'expected a packet that clients send, got 0xb0 (UNSUBACK)'],
    ['PINGRESP', encodePacket(0xd0, []), 'expected a packet that clients send, got 0xd0 (PINGRESP)'],
    ['AUTH', encodePacket(0xf0, []), 'expected a packet that clients send, got 0xf0 (AUTH)'],
    [
      'a packet of type 0',
      encodePacket(0x00, []),
      'expected a packet that clients send, got 0x00 (no packet of MQTT)',
    ],
    ['PUBACK with flags', encodePacket(0x41, [ID]), 'PUBACK: expected 0x40 as first byte, got 0x41'],
    ['PUBREL without its flag', encodePacket(0x60, [ID]), 'PUBREL: expected 0x62 as first byte, got 0x60'],
    [
      'SUBSCRIBE without its flag',
      encodePacket(0x80, [ID, encodeText('a'), QOS_1]),
      'SUBSCRIBE: expected 0x82 as first byte, got 0x80',
    ],
    [
      'UNSUBSCRIBE without its flag',
      encodePacket(0xa0, [ID, encodeText('a')]),
      'UNSUBSCRIBE: expected 0xa2 as first byte, got 0xa0',
    ],
    ['PINGREQ with flags', encodePacket(0xc1, []), 'PINGREQ: expected 0xc0 as first byte, got 0xc1'],
    ['DISCONNECT with flags', encodePacket(0xe1, []), 'DISCONNECT: expected 0xe0 as first byte, got 0xe1'],
    [
      'PINGREQ with a body',
      encodePacket(0xc0, [ID]),
      'PINGREQ: expected nothing after its last field, got 2 bytes',
    ],
    [
      'DISCONNECT with a body',
      encodePacket(0xe0, [QOS_1]),
      'DISCONNECT: expected nothing after its last field, got 1 bytes',
    ],
    ...(['PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP'] as const).flatMap((name, index) => {
      const head = [0x40, 0x50, 0x62, 0x70][index] ?? 0
      return [
        [
          `${name} of packet id 0`,
          encodePacket(head, [encodeNumber(0)]),
          `${name}: expected a packet id other than 0`,
        ],
        [
          `${name} without a whole packet id`,
          encodePacket(head, [QOS_1]),
          `${name}: expected a packet id that ends within the packet`,
        ],
        [
          `${name} with more than a packet id`,
          encodePacket(head, [ID, QOS_1]),
          `${name}: expected nothing after its last field, got 1 bytes`,
        ],
      ] as const
    }),
    [
      'SUBSCRIBE of packet id 0',
      encodePacket(0x82, [encodeNumber(0), encodeText('a'), QOS_1]),
      'SUBSCRIBE: expected a packet id other than 0',
    ],
    [
      'SUBSCRIBE without a filter',
      subscribe(),
      'SUBSCRIBE: expected a topic filter that ends within the packet',
    ],
    [
      'SUBSCRIBE without a QoS',
      subscribe(encodeText('a')),
      'SUBSCRIBE: expected a QoS that ends within the packet',
    ],
    [
      'SUBSCRIBE at QoS 3',
      subscribe(encodeText('a'), Buffer.from([3])),
      'SUBSCRIBE: expected options with a QoS of 0, 1 or 2 and reserved bits of 0, got 0x3',
    ],
    [
      'SUBSCRIBE with reserved bits',
      subscribe(encodeText('a'), Buffer.from([0x04])),
      'SUBSCRIBE: expected options with a QoS of 0, 1 or 2 and reserved bits of 0, got 0x4',
    ],
    [
      'SUBSCRIBE with a part of a second filter',
      subscribe(encodeText('a'), QOS_1, Buffer.from([0])),
      'SUBSCRIBE: expected a topic filter that ends within the packet',
    ],
    [
      'UNSUBSCRIBE of packet id 0',
      encodePacket(0xa2, [encodeNumber(0), encodeText('a')]),
      'UNSUBSCRIBE: expected a packet id other than 0',
    ],
    [
      'UNSUBSCRIBE without a filter',
      unsubscribe(),
      'UNSUBSCRIBE: expected a topic filter that ends within the packet',
    ],
    ...['', 'a#', 'a+', '+a/b', 'a/#/b', '#/', 'a/b#'].flatMap(filter => [
      [
        `SUBSCRIBE to ${JSON.stringify(filter)}`,
        subscribe(encodeText(filter), QOS_1),
        `SUBSCRIBE: expected ${SYNTAX}, got ${JSON.stringify(filter)}`,
      ] as const,
      [
        `UNSUBSCRIBE from ${JSON.stringify(filter)}`,
        unsubscribe(encodeText(filter)),
        `UNSUBSCRIBE: expected ${SYNTAX}, got ${JSON.stringify(filter)}`,
      ] as const,
    ]),
    ['PUBLISH at QoS 3', encodePacket(0x36, [encodeText('t'), ID]), 'PUBLISH: expected QoS 0, 1 or 2'],
    [
      'PUBLISH that is sent again at QoS 0',
      encodePacket(0x38, [encodeText('t')]),
      'PUBLISH: expected nothing to be sent again at QoS 0',
    ],
    ['PUBLISH of packet id 0', encodePublish(0, 't'), 'PUBLISH: expected a packet id other than 0'],
    [
      'PUBLISH without a topic',
      encodePacket(0x30, []),
      'PUBLISH: expected a topic and a packet id that end within the packet',
    ],
    [
      'PUBLISH whose topic is longer than it is',
      encodePacket(0x30, [Buffer.from([0, 9, 0x61])]),
      'PUBLISH: expected a topic and a packet id that end within the packet',
    ],
    [
      'PUBLISH without a packet id at QoS 2',
      encodePacket(0x34, [encodeText('t'), QOS_1]),
      'PUBLISH: expected a topic and a packet id that end within the packet',
    ],
    ...['', '+', '#', 'a/+/b', 'a#'].map(
      topic =>
        [
          `PUBLISH to ${JSON.stringify(topic)}`,
          encodePublish(1, topic),
          `PUBLISH: expected ${TOPIC}, got ${JSON.stringify(topic)}`,
        ] as const,
    ),
    [
      'a remaining length of five bytes',
      Buffer.from([0xc0, 0xff, 0xff, 0xff, 0xff, 0x7f]),
      'expected a remaining length of at most 4 bytes, got more',
    ],
  ])('%s', async (_what, packet, detail) => {
    await expectClosed(CONNECT, packet)
    expect(pipe.faults).toMatchObject([{ code: 'PACKET_MALFORMED', detail }])
    expect(pipe.passed).toEqual(CONNECT)
    expect(pipe.answers).toEqual(Buffer.alloc(0))
  })

  describe.each(BAD_TEXTS)('%s', (_what, text) => {
    test.each([
      ['the topic of a PUBLISH', encodePacket(0x30, [text])],
      ['a filter of SUBSCRIBE', subscribe(text, QOS_1)],
      ['a filter of UNSUBSCRIBE', unsubscribe(text)],
    ])('in %s', async (_field, packet) => {
      await expectClosed(CONNECT, packet)
      expect(pipe.faults).toMatchObject([{ code: 'PACKET_MALFORMED' }])
      expect(pipe.passed).toEqual(CONNECT)
    })
  })
})
