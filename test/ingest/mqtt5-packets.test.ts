import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { until } from '../support/until.ts'
import { GuardedPipe } from './guarded-pipe.ts'
import { encodeNumber, encodePacket, encodeText } from './raw-client.ts'

const ID = Buffer.from([0, 7])
const NONE = Buffer.from([0])
const PLAIN_CONNECT = encodePacket(0x10, [encodeText('MQTT'), Buffer.from([4, 0x02, 0, 0]), encodeText('c')])
const REASON_MALFORMED = 0x81
const REASON_PROTOCOL = 0x82

let pipe: GuardedPipe

beforeEach(() => {
  pipe = new GuardedPipe()
})

afterEach(() => pipe.close())

/** With their length before them. */
function properties(...parts: readonly (readonly number[])[]): Buffer {
  const bytes = parts.flat()
  return Buffer.from([bytes.length, ...bytes])
}

function connect(props: Buffer, flags = 0x02, ...fields: readonly Buffer[]): Buffer {
  return encodePacket(0x10, [
    encodeText('MQTT'),
    Buffer.from([5, flags, 0, 0]),
    props,
    encodeText('c'),
    ...fields,
  ])
}

/** A client that is let in; nothing of that is in `passed`. */
async function login(props: Buffer = NONE): Promise<void> {
  pipe.send(connect(props))
  await until('its CONNECT is passed on', () => pipe.passed.length > 0)
  expect(pipe.passed).toEqual(PLAIN_CONNECT)
}

/** What was passed on since the login. */
const passed = () => pipe.passed.subarray(PLAIN_CONNECT.length)

describe('a packet of MQTT 5 is passed on without what is new in it', () => {
  const wide = properties(
    [0x01, 1],
    [0x02, 0, 0, 0, 9],
    [0x26, 0, 1, 0x61, 0, 1, 0x62],
    [0x26, 0, 1, 0x61, 0, 1, 0x62],
  )
  const reasoned = properties([0x1f, 0, 1, 0x61])
  test.each([
    [
      'PUBLISH',
      encodePacket(0x31, [encodeText('t'), wide, Buffer.from('x')]),
      encodePacket(0x31, [encodeText('t'), Buffer.from('x')]),
    ],
    [
      'PUBLISH at QoS 2',
      encodePacket(0x3c, [encodeText('t'), ID, NONE]),
      encodePacket(0x3c, [encodeText('t'), ID]),
    ],
    ['PUBACK', encodePacket(0x40, [ID]), encodePacket(0x40, [ID])],
    ['PUBACK with a reason', encodePacket(0x40, [ID, Buffer.from([0x10])]), encodePacket(0x40, [ID])],
    [
      'PUBREC with a reason and properties',
      encodePacket(0x50, [ID, Buffer.from([0x10]), reasoned]),
      encodePacket(0x50, [ID]),
    ],
    [
      'PUBREC of a message that it does not take',
      encodePacket(0x50, [ID, Buffer.from([0x83])]),
      encodePacket(0x70, [ID]),
    ],
    ['PUBREL', encodePacket(0x62, [ID, NONE, reasoned]), encodePacket(0x62, [ID])],
    ['PUBCOMP', encodePacket(0x70, [ID, Buffer.from([0x92])]), encodePacket(0x70, [ID])],
    [
      'SUBSCRIBE',
      encodePacket(0x82, [ID, properties([0x26, 0, 0, 0, 0]), encodeText('a/#'), Buffer.from([2])]),
      encodePacket(0x82, [ID, encodeText('a/#'), Buffer.from([2])]),
    ],
    [
      'UNSUBSCRIBE',
      encodePacket(0xa2, [ID, NONE, encodeText('a')]),
      encodePacket(0xa2, [ID, encodeText('a')]),
    ],
    ['PINGREQ', encodePacket(0xc0, []), encodePacket(0xc0, [])],
    ['DISCONNECT', encodePacket(0xe0, []), encodePacket(0xe0, [])],
    [
      'DISCONNECT with a reason',
      encodePacket(0xe0, [NONE, properties([0x11, 0, 0, 0, 1])]),
      encodePacket(0xe0, []),
    ],
  ])('%s', async (_what, packet, plain) => {
    await login()
    pipe.send(packet)
    await until('it is passed on', () => passed().length > 0)
    expect(passed()).toEqual(plain)
    expect(pipe.faults).toEqual([])
  })

  test('CONNECT with all that it may have', async () => {
    const props = properties(
      [0x11, 0, 0, 0, 9],
      [0x21, 0, 5],
      [0x27, 0, 1, 0, 0],
      [0x22, 0, 3],
      [0x19, 1],
      [0x17, 0],
      [0x26, 0, 0, 0, 0],
    )
    const will = properties([0x18, 0, 0, 0, 1], [0x01, 0], [0x03, 0, 0], [0x08, 0, 1, 0x72], [0x09, 0, 0])
    // A password without a user name is allowed in this version.
    pipe.send(connect(props, 0x46, will, ...['t', 'p', 'secret'].map(encodeText)))
    await until('it is passed on', () => pipe.passed.length > 0)
    const fields = ['c', 't', 'p', 'secret'].map(encodeText)
    expect(pipe.passed).toEqual(
      encodePacket(0x10, [encodeText('MQTT'), Buffer.from([4, 0x46, 0, 0]), ...fields]),
    )
  })

  test('PUBLISH that takes the short way has its payload after its properties', async () => {
    pipe.close()
    const payloads: string[] = []
    pipe = new GuardedPipe(({ payload }) => payloads.push(payload.toString()) > 0)
    await login()
    pipe.send(
      encodePacket(0x32, [encodeText('t'), ID, wide, Buffer.from('x')]),
      encodePacket(0x32, [encodeText('t'), ID, NONE, Buffer.from('y')]),
    )
    await until('both are acknowledged', () => pipe.answers.length === 8)
    expect(payloads).toEqual(['x', 'y'])
    expect(pipe.answers).toEqual(Buffer.concat([encodePacket(0x40, [ID]), encodePacket(0x40, [ID])]))
  })
})

describe('a client of MQTT 5 is told why it is closed', () => {
  const publish = (props: Buffer) => encodePacket(0x32, [encodeText('t'), ID, props])
  test.each([
    ['a topic alias', publish(properties([0x23, 0, 1])), 0x94],
    ['a subscription id in a PUBLISH', publish(properties([0x0b, 1])), REASON_PROTOCOL],
    ['a property twice', publish(properties([0x01, 0], [0x01, 0])), REASON_PROTOCOL],
    ['a property that there is not', publish(properties([0x7f])), REASON_PROTOCOL],
    ['a flag of 2', publish(properties([0x01, 2])), REASON_MALFORMED],
    ['properties that end in the middle', publish(Buffer.from([3, 0x02, 0, 0])), REASON_MALFORMED],
    ['properties that are longer than the packet', publish(Buffer.from([9, 0x01, 0])), REASON_MALFORMED],
    ['no properties at all', encodePacket(0x32, [encodeText('t'), ID]), REASON_MALFORMED],
    ['a length in more bytes than it needs', publish(Buffer.from([0x80, 0])), REASON_MALFORMED],
    ['a length of five bytes', publish(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x7f])), REASON_MALFORMED],
    ['NUL in a property', publish(properties([0x03, 0, 1, 0])), REASON_MALFORMED],
    ['a wildcard in a topic', encodePacket(0x30, [encodeText('#'), NONE]), REASON_MALFORMED],
    [
      'SUBSCRIBE with a subscription id',
      encodePacket(0x82, [ID, properties([0x0b, 1]), encodeText('a'), NONE]),
      0xa1,
    ],
    [
      'SUBSCRIBE with reserved bits',
      encodePacket(0x82, [ID, NONE, encodeText('a'), Buffer.from([0x40])]),
      REASON_MALFORMED,
    ],
    [
      'SUBSCRIBE with a retain handling of 3',
      encodePacket(0x82, [ID, NONE, encodeText('a'), Buffer.from([0x30])]),
      REASON_MALFORMED,
    ],
    ['AUTH', encodePacket(0xf0, []), REASON_PROTOCOL],
    ['a second CONNECT', connect(NONE), REASON_PROTOCOL],
    ['PINGREQ with a body', encodePacket(0xc0, [ID]), REASON_MALFORMED],
    [
      'PUBACK with something after its properties',
      encodePacket(0x40, [ID, NONE, NONE, ID]),
      REASON_MALFORMED,
    ],
    [
      'DISCONNECT with a property of others',
      encodePacket(0xe0, [NONE, properties([0x21, 0, 1])]),
      REASON_PROTOCOL,
    ],
  ])('%s', async (_what, packet, reason) => {
    await login()
    pipe.send(packet)
    await until('it is closed, with a word', () => pipe.isClosed && pipe.answers.length > 0)
    expect(pipe.answers).toEqual(Buffer.from([0xe0, 2, reason, 0]))
    expect(pipe.faults).toMatchObject([{ code: 'PACKET_MALFORMED' }])
    expect(passed()).toEqual(Buffer.alloc(0))
  })

  test.each([
    ['an authentication method', connect(properties([0x15, 0, 1, 0x61])), 0x8c],
    ['a receive maximum of 0', connect(properties([0x21, 0, 0])), REASON_MALFORMED],
    ['a packet size of 0', connect(properties([0x27, 0, 0, 0, 0])), REASON_MALFORMED],
    ['a property of others', connect(properties([0x23, 0, 1])), REASON_PROTOCOL],
    ['a will of QoS 3', connect(NONE, 0x1e, NONE, encodeText('t'), encodeText('p')), REASON_MALFORMED],
  ])('before it is let in: %s', async (_what, packet, reason) => {
    pipe.send(packet)
    await until('it is closed, with a word', () => pipe.isClosed && pipe.answers.length > 0)
    expect(pipe.answers).toEqual(Buffer.from([0x20, 3, 0, reason, 0]))
    expect(pipe.passed).toEqual(Buffer.alloc(0))
  })
})

describe('what the broker says', () => {
  /** A PUBLISH of the broker, as that writes it. */
  const publish = (id: number, payload = '') =>
    encodePacket(0x32, [encodeText('t'), encodeNumber(id), Buffer.from(payload)])
  /** The same as the client is to get it. */
  const delivered = (id: number) => encodePacket(0x32, [encodeText('t'), encodeNumber(id), NONE])
  const puback = (id: number) => encodePacket(0x40, [encodeNumber(id)])

  test('is told with properties and reason codes', async () => {
    await login()
    pipe.send(encodePacket(0xa2, [ID, NONE, encodeText('a'), encodeText('b')]))
    await until('it is passed on', () => passed().length > 0)
    pipe.guard.write(
      Buffer.concat([encodePacket(0xb0, [ID]), encodePacket(0x30, [encodeText('t'), Buffer.from('x')])]),
    )
    pipe.guard.write(encodePacket(0xd0, []))
    await until('all is there', () => pipe.answers.length >= 15)
    expect(pipe.answers).toEqual(
      Buffer.concat([
        encodePacket(0xb0, [ID, NONE, Buffer.from([0, 0])]),
        encodePacket(0x30, [encodeText('t'), NONE, Buffer.from('x')]),
        encodePacket(0xd0, []),
      ]),
    )
  })

  test('waits while as many messages are unacknowledged as the client takes, in order, and nothing else does', async () => {
    await login(properties([0x21, 0, 2]))
    pipe.guard.write(Buffer.concat([1, 2, 3, 4].map(id => publish(id))))
    pipe.guard.write(encodePacket(0xd0, []))
    await until('the last of it is there', () => pipe.answers.at(-2) === 0xd0)
    expect(pipe.answers).toEqual(Buffer.concat([delivered(1), delivered(2), encodePacket(0xd0, [])]))
    pipe.send(puback(2), puback(2), puback(9))
    await until('the next is there', () => pipe.answers.length === 3 * delivered(1).length + 2)
    pipe.send(puback(1))
    await until('the last is there', () => pipe.answers.length === 4 * delivered(1).length + 2)
    expect(pipe.answers.subarray(-2 * delivered(1).length)).toEqual(
      Buffer.concat([delivered(3), delivered(4)]),
    )
  })

  test('is closed for who acknowledges nothing, before too much waits for it', async () => {
    await login(properties([0x21, 0, 1]))
    for (let id = 1; id <= 1_002; id++) pipe.guard.write(publish(id))
    await until('it is closed, with a word', () => pipe.isClosed)
    await until('it is told', () => pipe.answers.at(-4) === 0xe0)
    expect(pipe.answers).toEqual(Buffer.concat([delivered(1), Buffer.from([0xe0, 2, 0x97, 0])]))
    expect(pipe.faults).toMatchObject([{ code: 'SUBSCRIBER_SLOW' }])
  })

  test('is left out when it is larger than the client takes, as if it had been acknowledged', async () => {
    await login(properties([0x27, 0, 0, 0, 20]))
    pipe.guard.write(Buffer.concat([publish(1, 'x'.repeat(20)), publish(2)]))
    await until('the other is there', () => pipe.answers.length > 0 && passed().length > 0)
    expect(pipe.answers).toEqual(delivered(2))
    expect(passed()).toEqual(puback(1))
  })
})
