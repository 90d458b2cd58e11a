import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { GuardedPipe } from './guarded-pipe.ts'
import { encodeNumber, encodePacket, encodeText } from './raw-client.ts'

const CONNECT = encodePacket(0x10, [encodeText('MQTT'), Buffer.from([4, 0x02, 0, 0]), encodeText('c')])
const [PUBLISH, SUBSCRIBE, UNSUBSCRIBE] = [0x30, 0x82, 0xa2]

/** Goes on when all that a pipe was sent has come through. */
const settle = () => new Promise(resolve => setTimeout(resolve, 0))

const id = fc.integer({ min: 1, max: 65_535 })
const level = fc.string({ unit: fc.constantFrom('a', 'š', '😀', '$', ' '), minLength: 1, maxLength: 4 })
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map(levels => levels.join('/'))
const filter = fc
  .tuple(
    fc.array(fc.oneof(level, fc.constant('+'), fc.constant('')), { minLength: 1, maxLength: 3 }),
    fc.boolean(),
  )
  .map(([levels, isOpen]) => [...levels, ...(isOpen || levels.join('/') === '' ? ['#'] : [])].join('/'))
const filters = fc.uniqueArray(filter, { minLength: 1, maxLength: 3 })
const payload = fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes))

const packet = fc.oneof(
  fc
    .constantFrom(...[0x40, 0x50, 0x62, 0x70])
    .chain(head => id.map(value => encodePacket(head, [encodeNumber(value)]))),
  fc.constant(encodePacket(0xc0, [])),
  fc
    .tuple(topic, id, payload, fc.integer({ min: 0, max: 2 }), fc.boolean())
    .map(([name, value, bytes, qos, isRetained]) => {
      const head = PUBLISH | (qos << 1) | (isRetained ? 1 : 0)
      return encodePacket(head, [encodeText(name), ...(qos === 0 ? [] : [encodeNumber(value)]), bytes])
    }),
  fc.tuple(id, filters).map(([value, all]) => {
    const wishes = all.flatMap(one => [encodeText(one), Buffer.from([1])])
    return encodePacket(SUBSCRIBE, [encodeNumber(value), ...wishes])
  }),
  fc
    .tuple(id, filters)
    .map(([value, all]) => encodePacket(UNSUBSCRIBE, [encodeNumber(value), ...all.map(encodeText)])),
)
const packets = fc.array(packet, { maxLength: 6 })
const cuts = fc.array(fc.nat(2_000), { maxLength: 8 })

function cut(stream: Buffer, places: readonly number[]): readonly Buffer[] {
  const inside = places.filter(place => place > 0 && place < stream.length).sort((a, b) => a - b)
  return [0, ...inside].map((from, index) => stream.subarray(from, inside[index]))
}

/** What comes through of a stream, and whether the client was closed for it. */
async function send(
  pieces: readonly Buffer[],
  connect = CONNECT,
): Promise<{ passed: Buffer; isRefused: boolean }> {
  const pipe = new GuardedPipe()
  pipe.send(connect)
  await settle()
  // A socket gives bytes that nobody else holds.
  pipe.send(...pieces.map(piece => Buffer.from(piece)))
  await settle()
  const seen = { passed: pipe.passed.subarray(CONNECT.length), isRefused: pipe.faults.length > 0 }
  pipe.close()
  return seen
}

test('what MQTT allows comes through as it was sent, wherever it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(packets, cuts, async (sent, places) => {
      const stream = Buffer.concat(sent)
      expect(await send(cut(stream, places))).toEqual({ passed: stream, isRefused: false })
    }),
  )
})

test('where one byte is another, all that comes through is still MQTT', async () => {
  const change = fc.record({ at: fc.nat(2_000), byte: fc.integer({ min: 0, max: 255 }) })
  await fc.assert(
    fc.asyncProperty(
      fc.array(packet, { minLength: 1, maxLength: 4 }),
      change,
      cuts,
      async (sent, { at, byte }, places) => {
        const stream = Buffer.concat(sent)
        stream[at % stream.length] = byte
        const { passed } = await send(cut(stream, places))
        expect(stream.subarray(0, passed.length)).toEqual(passed)
        expect(toWellFormed(passed)).toEqual(passed)
      },
    ),
    { numRuns: 250 },
  )
})

test('bytes of any kind never break it, and what comes through of them is MQTT', async () => {
  const head = fc.constantFrom(...[0x30, 0x32, 0x40, 0x62, 0x82, 0xa2, 0xc0])
  const likely = fc
    .tuple(head, fc.uint8Array({ maxLength: 12 }))
    .map(([first, body]) => encodePacket(first, [Buffer.from(body)]))
  const any = fc.oneof(
    likely,
    fc.uint8Array({ minLength: 1, maxLength: 40 }).map(bytes => Buffer.from(bytes)),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(any, { maxLength: 4 }), cuts, async (sent, places) => {
      const stream = Buffer.concat(sent)
      const { passed } = await send(cut(stream, places))
      expect(stream.subarray(0, passed.length)).toEqual(passed)
      expect(toWellFormed(passed)).toEqual(passed)
    }),
    { numRuns: 250 },
  )
})

test('bytes of any kind before a CONNECT never break it, and nothing of them comes through but a CONNECT', async () => {
  const any = fc.uint8Array({ minLength: 1, maxLength: 60 }).map(bytes => Buffer.from(bytes))
  const bytes = fc.oneof(
    any,
    any.map(body => encodePacket(0x10, [encodeText('MQTT'), Buffer.from([4]), body])),
  )
  await fc.assert(
    fc.asyncProperty(bytes, async sent => {
      const pipe = new GuardedPipe()
      pipe.send(sent)
      await settle()
      const { passed } = pipe
      pipe.close()
      expect(passed.length === 0 || passed.subarray(0, 1).equals(CONNECT.subarray(0, 1))).toBe(true)
    }),
    { numRuns: 250 },
  )
})

test('bytes of any kind from a client of MQTT 5 never break it, and what comes through of them is MQTT 3.1.1', async () => {
  const connect = encodePacket(0x10, [encodeText('MQTT'), Buffer.from([5, 0x02, 0, 0, 0]), encodeText('c')])
  const head = fc.constantFrom(...[0x30, 0x32, 0x40, 0x50, 0x62, 0x82, 0xa2, 0xc0, 0xe0])
  const body = fc.array(fc.constantFrom(0, 1, 2, 5, 0x0b, 0x11, 0x1f, 0x23, 0x26, 0x61, 0x80, 0xff), {
    maxLength: 16,
  })
  const any = fc.tuple(head, body).map(([first, bytes]) => encodePacket(first, [Buffer.from(bytes)]))
  await fc.assert(
    fc.asyncProperty(fc.array(any, { minLength: 1, maxLength: 4 }), cuts, async (sent, places) => {
      const { passed } = await send(cut(Buffer.concat(sent), places), connect)
      expect(toWellFormed(passed)).toEqual(passed)
    }),
    { numRuns: 250 },
  )
})

/** Written anew from what can be read of it, by rules that know nothing of ours. */
function toWellFormed(stream: Buffer): Buffer {
  const found: Buffer[] = []
  let rest = stream
  while (rest.length > 0) {
    const [whole = ''] = /^.[\x80-\xff]{0,3}[\0-\x7f]/s.exec(rest.toString('latin1')) ?? []
    const size = [...whole.slice(1)].reduce(
      (sum, byte, index) => sum + (byte.charCodeAt(0) & 0x7f) * 128 ** index,
      0,
    )
    const [fixed, body] = [rest.subarray(0, whole.length), rest.subarray(whole.length, whole.length + size)]
    found.push(fixed, ...rewrite(fixed[0] ?? 0, body))
    rest = rest.subarray(whole.length + size)
  }
  return Buffer.concat(found)
}

function rewrite(head: number, body: Buffer): readonly Buffer[] {
  if (head === 0xc0 || head === 0xe0) return []
  if (head >> 4 === 3) {
    const topicEnd = 2 + body.readUInt16BE(0)
    return [rewriteText(body, 0), body.subarray(topicEnd)]
  }
  const parts = [encodeNumber(body.readUInt16BE(0) || 0xffff)]
  for (let at = 2; at < body.length; at += head === SUBSCRIBE ? 1 : 0) {
    parts.push(rewriteText(body, at))
    at += 2 + body.readUInt16BE(at)
    if (head === SUBSCRIBE) parts.push(Buffer.from([(body[at] ?? 0xff) % 3]))
  }
  return [SUBSCRIBE, UNSUBSCRIBE].includes(head) ? parts : parts.slice(0, 1)
}

/** A text that may not be is none. */
function rewriteText(body: Buffer, at: number): Buffer {
  const bytes = body.subarray(at + 2, at + 2 + body.readUInt16BE(at))
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  return /\p{Cc}/u.test(text) ? Buffer.alloc(0) : encodeText(text)
}
