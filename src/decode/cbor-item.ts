/**
 * CBOR (RFC 8949), of which sensors use little: values become what JSON could say. Byte strings become hexadecimal text,
 * tags are passed over except those of numbers. Our own reading, because libraries trust the counts that a payload gives.
 */
import { ByteCursor } from './byte-cursor.ts'

const INDEFINITE = 31
const BREAK = 0xff
const DECIMAL_FRACTION_TAG = 4

export function parseCbor(payload: Buffer): unknown {
  const cursor = new ByteCursor(payload, 'CBOR')
  const value = takeItem(cursor, 1)
  cursor.checkEnd()
  return value
}

/** RFC 8949, 3.1: the first byte has the major type in three bits and in five its argument, or how long that is. */
function takeItem(cursor: ByteCursor, depth: number): unknown {
  cursor.checkDepth(depth)
  const initial = cursor.takeByte()
  const major = initial >> 5
  const info = initial & 31
  if (major === 7) return takeSimple(cursor, info)
  if (info === INDEFINITE && major !== 2 && major !== 3 && major !== 4 && major !== 5) {
    throw cursor.createError('a definite length')
  }
  const argument = info === INDEFINITE ? undefined : takeArgument(cursor, info)
  if (major === 2) return takeChunks(cursor, major, argument).toString('hex')
  if (major === 3) return takeString(cursor, argument)
  if (major === 4) return takeArray(cursor, argument, depth)
  if (major === 5) return takeMap(cursor, argument, depth)
  if (major === 6) return takeTagged(cursor, argument, depth)
  return major === 0 ? argument : -1 - (argument ?? 0)
}

function takeArgument(cursor: ByteCursor, info: number): number {
  if (info < 24) return info
  if (info > 27) throw cursor.createError('a known length')
  return cursor.takeUnsigned(2 ** (info - 24))
}

function takeString(cursor: ByteCursor, length: number | undefined): string {
  if (length !== undefined) return cursor.takeText(length)
  const bytes = takeChunks(cursor, 3, undefined)
  return new ByteCursor(bytes, 'CBOR').takeText(bytes.length)
}

/** RFC 8949, 3.2.3: a string of indefinite length is strings of the same major type until the break. */
function takeChunks(cursor: ByteCursor, major: number, length: number | undefined): Buffer {
  if (length !== undefined) return cursor.take(length)
  const chunks: Buffer[] = []
  while (!takeBreak(cursor)) {
    const initial = cursor.takeByte()
    if (initial >> 5 !== major || (initial & 31) === INDEFINITE)
      throw cursor.createError('chunks of a string')
    chunks.push(cursor.take(takeArgument(cursor, initial & 31)))
  }
  return Buffer.concat(chunks)
}

function takeArray(cursor: ByteCursor, count: number | undefined, depth: number): readonly unknown[] {
  const items: unknown[] = []
  if (count === undefined) {
    while (!takeBreak(cursor)) items.push(takeItem(cursor, depth + 1))
    return items
  }
  for (let left = cursor.checkCount(count); left > 0; left -= 1) items.push(takeItem(cursor, depth + 1))
  return items
}

function takeMap(cursor: ByteCursor, count: number | undefined, depth: number): object {
  const map: Record<string, unknown> = {}
  const takeEntry = () => {
    const key = cursor.checkKey(takeItem(cursor, depth + 1))
    map[key] = takeItem(cursor, depth + 1)
  }
  if (count === undefined) {
    while (!takeBreak(cursor)) takeEntry()
    return map
  }
  for (let left = cursor.checkCount(count); left > 0; left -= 1) takeEntry()
  return map
}

/** RFC 8949, 3.4.4: a decimal fraction is an exponent of ten and a mantissa. */
function takeTagged(cursor: ByteCursor, tag: number | undefined, depth: number): unknown {
  const content = takeItem(cursor, depth + 1)
  if (tag !== DECIMAL_FRACTION_TAG || !Array.isArray(content)) return content
  const [exponent, mantissa] = content
  return typeof exponent === 'number' && typeof mantissa === 'number'
    ? Number(`${mantissa}e${exponent}`)
    : content
}

function takeSimple(cursor: ByteCursor, info: number): unknown {
  if (info === 20) return false
  if (info === 21) return true
  if (info === 25) return toHalf(cursor.takeUnsigned(2))
  if (info === 26) return cursor.take(4).readFloatBE()
  if (info === 27) return cursor.take(8).readDoubleBE()
  if (info > 27) throw cursor.createError('a value')
  if (info === 24) cursor.takeByte()
  return null
}

function takeBreak(cursor: ByteCursor): boolean {
  if (cursor.peek() !== BREAK) return false
  cursor.takeByte()
  return true
}

/** RFC 8949, appendix D. */
function toHalf(bits: number): number {
  const exponent = (bits >> 10) & 31
  const mantissa = bits & 1023
  const sign = bits & 0x8000 ? -1 : 1
  if (exponent === 0) return sign * mantissa * 2 ** -24
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (mantissa + 1024) * 2 ** (exponent - 25)
}
