import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ChunkReader, ChunkWriter, getChunkCount, getChunkStoredAt } from '../../src/journal/chunk.ts'
import type { Message } from '../../src/reading.ts'
import { readChunk } from './read-chunk.ts'

function encodeChunk(messages: readonly Message[], storedAt: number): Buffer {
  const writer = new ChunkWriter()
  for (const message of messages) writer.append(message)
  return writer.finish(storedAt)
}

const message = fc.record({
  tenant: fc.constant('kranj'),
  device: fc.string({ unit: 'grapheme', maxLength: 40 }),
  topic: fc.string({ unit: 'grapheme', maxLength: 80 }),
  payload: fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes)),
  receivedAt: fc.nat(),
  qos: fc.constantFrom<Message['qos']>(0, 1, 2),
  packetId: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
  isRedelivery: fc.constantFrom(true, undefined),
})
const messages = fc.array(message, { maxLength: 12 })

test('a chunk gives back every message exactly as it came', () => {
  fc.assert(
    fc.property(messages, fc.nat(), (before, storedAt) => {
      const chunk = encodeChunk(before, storedAt)
      expect(readChunk(chunk)).toEqual(before)
      expect(getChunkCount(chunk)).toBe(before.length)
      expect(getChunkStoredAt(chunk)).toBe(storedAt)
    }),
  )
})

test('a chunk of a version that knew no packet ids is read as it was written', () => {
  // One message of QoS 1 for device `d`, topic `t`, payload `21`, received at 1, stored at 2.
  const written = '01c17bf523010000000000000000000040000000000000f03f81010001000200000064743231'
  expect(readChunk(Buffer.from(written, 'hex'))).toEqual([
    { tenant: 'kranj', device: 'd', topic: 't', payload: Buffer.from('21'), receivedAt: 1, qos: 1 },
  ])
})

test('a chunk is read in parts of any size, each message once', () => {
  fc.assert(
    fc.property(messages, fc.integer({ min: 1, max: 5 }), (before, part) => {
      const reader = new ChunkReader(encodeChunk(before, 1), 'kranj')
      const parts: (readonly Message[])[] = []
      while (reader.left > 0) parts.push(reader.take(part))
      expect(parts.flat()).toEqual(before)
      expect(parts.every(({ length }) => length <= part)).toBe(true)
      expect(reader.take(part)).toEqual([])
    }),
  )
})

test('a writer starts anew after each chunk, also after one that was larger than its buffer', () => {
  const writer = new ChunkWriter()
  const large = {
    tenant: 'kranj',
    device: 'a',
    topic: 't',
    payload: Buffer.alloc(100_000, 7),
    receivedAt: 1,
    qos: 1 as const,
  }
  const small = { ...large, device: 'b', payload: Buffer.from('1') }
  writer.append(large)
  expect(writer.count).toBe(1)
  const first = writer.finish(1)
  writer.append(small)
  expect(readChunk(writer.finish(2))).toEqual([small])
  expect(readChunk(first)).toEqual([large])
  expect(writer.count).toBe(0)
})

test('a chunk with one byte changed, anywhere, is refused', () => {
  const chunk = encodeChunk(
    ['a', 'b'].map(device => ({
      tenant: 'kranj',
      device,
      topic: `tromost/${device}/up`,
      payload: Buffer.from('{}'),
      receivedAt: 1,
      qos: 1,
    })),
    2,
  )
  for (let at = 0; at < chunk.length; at++) {
    const changed = Buffer.from(chunk)
    changed.writeUInt8((changed.readUInt8(at) + 1) % 256, at)
    expect(() => readChunk(changed)).toThrow(/^CHUNK_CORRUPT: expected (version|checksum)/)
  }
})

test('a chunk cut off at any byte is refused', () => {
  const chunk = encodeChunk(
    [{ tenant: 'kranj', device: 'a', topic: 't', payload: Buffer.from('1'), receivedAt: 1, qos: 0 }],
    2,
  )
  for (let length = 0; length < chunk.length; length++) {
    expect(() => readChunk(chunk.subarray(0, length))).toThrow(/^CHUNK_CORRUPT: /)
  }
})
