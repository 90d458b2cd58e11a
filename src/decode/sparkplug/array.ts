/** The arrays of Sparkplug 3.0 (6.4.16): packed little endian, booleans as bits behind their count, texts each with a zero behind it. */
import { isUtf8 } from 'node:buffer'
import { SparkplugFault, toShortest } from './wire.ts'

type ReadItem = (bytes: Buffer, at: number) => unknown

const COUNT_BYTES = 4
const DATE_MS_MAX = 8_640_000_000_000_000n

/** By datatype: the bytes of an item, and how it is read. */
const ITEMS: Readonly<Record<number, readonly [size: number, read: ReadItem]>> = {
  22: [1, (bytes, at) => bytes.readInt8(at)],
  23: [2, (bytes, at) => bytes.readInt16LE(at)],
  24: [4, (bytes, at) => bytes.readInt32LE(at)],
  25: [8, (bytes, at) => Number(bytes.readBigInt64LE(at))],
  26: [1, (bytes, at) => bytes.readUInt8(at)],
  27: [2, (bytes, at) => bytes.readUInt16LE(at)],
  28: [4, (bytes, at) => bytes.readUInt32LE(at)],
  29: [8, (bytes, at) => Number(bytes.readBigUInt64LE(at))],
  30: [4, (bytes, at) => toShortest(bytes.readFloatLE(at))],
  31: [8, (bytes, at) => bytes.readDoubleLE(at)],
  34: [8, readDate],
}
const BOOLEANS = 32
const TEXTS = 33

/** The items of an array; undefined when the datatype is none of the arrays. */
export function parseArray(type: number, bytes: Buffer): readonly unknown[] | undefined {
  if (type === BOOLEANS) return parseBooleans(bytes)
  if (type === TEXTS) return parseTexts(bytes)
  const item = ITEMS[type]
  if (item === undefined) return undefined
  const [size, read] = item
  if (bytes.length % size !== 0) throw new SparkplugFault(`arrays of items of ${size} bytes`)
  return Array.from({ length: bytes.length / size }, (_, index) => read(bytes, index * size))
}

function parseBooleans(bytes: Buffer): readonly boolean[] {
  const count = bytes.length < COUNT_BYTES ? 0 : bytes.readUInt32LE(0)
  if (bytes.length !== COUNT_BYTES + Math.ceil(count / 8)) {
    throw new SparkplugFault('arrays of booleans with their count')
  }
  return Array.from({ length: count }, (_, index) => {
    const byte = bytes[COUNT_BYTES + (index >> 3)] ?? 0
    return ((byte >> (7 - (index & 7))) & 1) === 1
  })
}

function parseTexts(bytes: Buffer): readonly string[] {
  if (!isUtf8(bytes) || (bytes.length > 0 && bytes.at(-1) !== 0)) {
    throw new SparkplugFault('arrays of texts in UTF-8, each with a zero behind it')
  }
  return bytes.toString('utf8').split('\0').slice(0, -1)
}

function readDate(bytes: Buffer, at: number): string | number {
  const ms = bytes.readBigUInt64LE(at)
  return ms > DATE_MS_MAX ? Number(ms) : new Date(Number(ms)).toISOString()
}
