/** THE TABLE of readers: how the bytes of one value are read. None looks whether there are enough of them. */
import { isUtf8 } from 'node:buffer'
import type { Field, NumberReader } from '../profiles/formats-fields.ts'
import { createBytesError } from './payload.ts'

export type ReadBytes = (bytes: Buffer, at: number) => unknown

type ReadNumber = (bytes: Buffer, at: number) => number

const NUMBER_READERS: Readonly<Record<NumberReader, ReadNumber>> = {
  u8: (bytes, at) => bytes.readUInt8(at),
  i8: (bytes, at) => bytes.readInt8(at),
  u16le: (bytes, at) => bytes.readUInt16LE(at),
  u16be: (bytes, at) => bytes.readUInt16BE(at),
  i16le: (bytes, at) => bytes.readInt16LE(at),
  i16be: (bytes, at) => bytes.readInt16BE(at),
  u24le: (bytes, at) => bytes.readUIntLE(at, 3),
  u24be: (bytes, at) => bytes.readUIntBE(at, 3),
  i24le: (bytes, at) => bytes.readIntLE(at, 3),
  i24be: (bytes, at) => bytes.readIntBE(at, 3),
  u32le: (bytes, at) => bytes.readUInt32LE(at),
  u32be: (bytes, at) => bytes.readUInt32BE(at),
  u32swap: (bytes, at) => bytes.readUInt16BE(at + 2) * 0x10000 + bytes.readUInt16BE(at),
  i32le: (bytes, at) => bytes.readInt32LE(at),
  i32be: (bytes, at) => bytes.readInt32BE(at),
  i32swap: (bytes, at) => bytes.readInt16BE(at + 2) * 0x10000 + bytes.readUInt16BE(at),
  // What is above 2^53 loses its last digits, as every number of JSON does.
  u64le: (bytes, at) => Number(bytes.readBigUInt64LE(at)),
  u64be: (bytes, at) => Number(bytes.readBigUInt64BE(at)),
  i64le: (bytes, at) => Number(bytes.readBigInt64LE(at)),
  i64be: (bytes, at) => Number(bytes.readBigInt64BE(at)),
  f32le: (bytes, at) => bytes.readFloatLE(at),
  f32be: (bytes, at) => bytes.readFloatBE(at),
  f64le: (bytes, at) => bytes.readDoubleLE(at),
  f64be: (bytes, at) => bytes.readDoubleBE(at),
}

/** A reader of numbers where the field is one, so that bits and arithmetic can follow. */
export function compileNumberReader({ read, length = 0, bits }: Field): ReadNumber | undefined {
  if (read === 'hex' || read === 'text') return undefined
  if (read === 'bcdle') return (bytes, at) => readDigits(Buffer.from(cut(bytes, at, length)).reverse(), bytes)
  if (read === 'bcdbe') return (bytes, at) => readDigits(cut(bytes, at, length), bytes)
  const readNumber = NUMBER_READERS[read]
  if (bits === undefined) return readNumber
  const divisor = 2 ** bits.offset
  const modulus = 2 ** bits.length
  // Not with >> and &, which are for signed numbers of 32 bits.
  return (bytes, at) => Math.floor(readNumber(bytes, at) / divisor) % modulus
}

export function compileTextReader({ read, length = 0 }: Field): ReadBytes {
  if (read === 'hex') return (bytes, at) => cut(bytes, at, length).toString('hex')
  return (bytes, at) => {
    const text = cut(bytes, at, length)
    if (!isUtf8(text)) throw createBytesError(`text in UTF-8 at ${at}`, bytes)
    const end = text.indexOf(0)
    return text.toString('utf8', 0, end < 0 ? length : end)
  }
}

/** Meters write decimal digits, one in each half of a byte. */
function readDigits(digits: Buffer, payload: Buffer): number {
  const text = digits.toString('hex')
  if (!/^\d+$/.test(text)) throw createBytesError('decimal digits in the halves of bytes', payload)
  return Number(text)
}

function cut(bytes: Buffer, at: number, length: number): Buffer {
  return bytes.subarray(at, at + length)
}
