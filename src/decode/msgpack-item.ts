/**
 * MessagePack: values become what JSON could say. Binary and unknown extensions become hexadecimal text, time stamps
 * Unix seconds. Our own reading, because libraries make room for the counts that a payload gives.
 */
import { ByteCursor } from './byte-cursor.ts'

/** The extension type of time stamps, -1, as a byte. */
const TIMESTAMP = 0xff

export function parseMsgpack(payload: Buffer): unknown {
  const cursor = new ByteCursor(payload, 'MessagePack')
  const value = takeItem(cursor, 1)
  cursor.checkEnd()
  return value
}

function takeItem(cursor: ByteCursor, depth: number): unknown {
  cursor.checkDepth(depth)
  const head = cursor.takeByte()
  if (head < 0x80) return head
  if (head < 0x90) return takeMap(cursor, head & 15, depth)
  if (head < 0xa0) return takeArray(cursor, head & 15, depth)
  if (head < 0xc0) return cursor.takeText(head & 31)
  if (head >= 0xe0) return head - 256
  return takeLong(cursor, head, depth)
}

/** The formats whose first byte is 0xc0 to 0xdf: the first row that reaches the byte, by the table of the specification. */
const LONG_FORMATS: readonly (readonly [
  last: number,
  take: (cursor: ByteCursor, head: number, depth: number) => unknown,
])[] = [
  [0xc0, () => null],
  [
    0xc1,
    cursor => {
      throw cursor.createError('known types')
    },
  ],
  [0xc3, (_, head) => head === 0xc3],
  [0xc6, (cursor, head) => cursor.take(takeLength(cursor, head, 0xc4)).toString('hex')],
  [0xc9, (cursor, head) => takeExtension(cursor, takeLength(cursor, head, 0xc7))],
  [0xca, cursor => cursor.take(4).readFloatBE()],
  [0xcb, cursor => cursor.take(8).readDoubleBE()],
  [0xcf, (cursor, head) => cursor.takeUnsigned(2 ** (head - 0xcc))],
  [0xd3, (cursor, head) => cursor.takeSigned(2 ** (head - 0xd0))],
  [0xd8, (cursor, head) => takeExtension(cursor, 2 ** (head - 0xd4))],
  [0xdb, (cursor, head) => cursor.takeText(takeLength(cursor, head, 0xd9))],
  [0xdd, (cursor, head, depth) => takeArray(cursor, takeLength(cursor, head, 0xdb), depth)],
  [0xdf, (cursor, head, depth) => takeMap(cursor, takeLength(cursor, head, 0xdd), depth)],
]

function takeLong(cursor: ByteCursor, head: number, depth: number): unknown {
  return LONG_FORMATS.find(([last]) => head <= last)?.[1](cursor, head, depth)
}

/** Lengths of 1, 2 and 4 bytes follow one another in the table, from `first` on. */
function takeLength(cursor: ByteCursor, head: number, first: number): number {
  return cursor.takeUnsigned(2 ** (head - first))
}

function takeArray(cursor: ByteCursor, count: number, depth: number): readonly unknown[] {
  const items: unknown[] = []
  for (let left = cursor.checkCount(count); left > 0; left -= 1) items.push(takeItem(cursor, depth + 1))
  return items
}

function takeMap(cursor: ByteCursor, count: number, depth: number): object {
  const map: Record<string, unknown> = {}
  for (let left = cursor.checkCount(count); left > 0; left -= 1) {
    const key = cursor.checkKey(takeItem(cursor, depth + 1))
    map[key] = takeItem(cursor, depth + 1)
  }
  return map
}

function takeExtension(cursor: ByteCursor, length: number): unknown {
  const type = cursor.takeByte()
  const bytes = cursor.take(length)
  return (type === TIMESTAMP ? toSeconds(bytes) : undefined) ?? bytes.toString('hex')
}

/** Seconds alone, nanoseconds and seconds in 30 and 34 bits, or in 32 and 64 bits. */
function toSeconds(bytes: Buffer): number | undefined {
  if (bytes.length === 4) return bytes.readUInt32BE()
  if (bytes.length === 12) return Number(bytes.readBigInt64BE(4)) + bytes.readUInt32BE() / 1e9
  if (bytes.length !== 8) return undefined
  const high = bytes.readUInt32BE()
  return (high % 4) * 2 ** 32 + bytes.readUInt32BE(4) + Math.floor(high / 4) / 1e9
}
