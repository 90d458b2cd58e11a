import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { PacketReader } from '../../src/ingest/packet-reader.ts'

const LIMIT = 1_000

/** A packet of some type with a body of so many bytes. */
function createPacket(length: number, byte = 7): Buffer {
  const size = length < 128 ? [length] : [(length % 128) + 128, Math.floor(length / 128)]
  return Buffer.concat([Buffer.from([0x30, ...size]), Buffer.alloc(length, byte)])
}

/** The packets that a reader finds in what comes in pieces. */
function readAll(pieces: readonly Buffer[], limit = LIMIT): readonly Buffer[] {
  const reader = new PacketReader(limit)
  const found: Buffer[] = []
  for (const piece of pieces) {
    reader.append(piece)
    while (reader.next()) {
      expect(reader.bodyAt).toBeGreaterThan(reader.start + 1)
      found.push(reader.bytes.subarray(reader.start, reader.end))
    }
  }
  return found
}

test('packets are found whole and in order, wherever the stream is cut', () => {
  const lengths = fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 8 })
  fc.assert(
    fc.property(lengths, fc.array(fc.nat(2_000), { maxLength: 12 }), (sizes, cuts) => {
      const packets = sizes.map((size, index) => createPacket(size, index))
      const stream = Buffer.concat(packets)
      const places = [0, ...cuts.filter(cut => cut < stream.length).sort((a, b) => a - b), stream.length]
      const pieces = places.slice(1).map((place, index) => stream.subarray(places[index], place))
      expect(readAll(pieces)).toEqual(packets)
    }),
  )
})

test('a packet that comes byte by byte is found when its last byte is there', () => {
  const packet = createPacket(200)
  const bytes = [...packet].map(byte => Buffer.from([byte]))
  expect(readAll(bytes.slice(0, -1))).toEqual([])
  expect(readAll(bytes)).toEqual([packet])
})

test('what was found stays as it is while more is read', () => {
  const [first, second] = [createPacket(20, 1), createPacket(400, 2)]
  const stream = Buffer.concat([first, second])
  const pieces = [0, 10, 30, 200, 422].map((at, index, all) => stream.subarray(at, all[index + 1]))
  expect(readAll(pieces)).toEqual([first, second])
})

describe('a packet that cannot be one', () => {
  test('is refused for its length as soon as that is read', () => {
    const reader = new PacketReader(LIMIT)
    reader.append(createPacket(997))
    expect(reader.next()).toBe(true)
    reader.append(createPacket(998).subarray(0, 3))
    expect(() => reader.next()).toThrow('PACKET_TOO_LARGE: expected at most 1000 bytes, got 1001')
  })

  test('is refused when its length takes more than four bytes', () => {
    const reader = new PacketReader(Number.MAX_SAFE_INTEGER)
    reader.append(Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff]))
    expect(reader.next()).toBe(false)
    reader.append(Buffer.from([0x7f]))
    expect(() => reader.next()).toThrow(
      'PACKET_MALFORMED: expected a remaining length of at most 4 bytes, got more',
    )
  })
})
