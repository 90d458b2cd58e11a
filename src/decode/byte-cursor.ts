/** Reads bytes from front to back, never past their end: for formats that say themselves how long their parts are. */
import { isUtf8 } from 'node:buffer'
import type { TromostError } from '../errors.ts'
import { createBytesError, DEPTH_MAX } from './payload.ts'

export class ByteCursor {
  readonly #bytes: Buffer
  readonly #format: string
  #at = 0

  /** `format` is what the bytes are told to have been expected to be, such as `CBOR`. */
  constructor(bytes: Buffer, format: string) {
    this.#bytes = bytes
    this.#format = format
  }

  get remaining(): number {
    return this.#bytes.length - this.#at
  }

  /** The next byte, which stays the next. */
  peek(): number | undefined {
    return this.#bytes[this.#at]
  }

  take(length: number): Buffer {
    if (length > this.remaining) throw this.createError(`${length - this.remaining} more bytes at its end`)
    const bytes = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return bytes
  }

  takeByte(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw this.createError('1 more bytes at its end')
    this.#at += 1
    return byte
  }

  /** A big-endian number of 1, 2, 4 or 8 bytes. Beyond 2^53 the last digits are lost, as JSON's are. */
  takeUnsigned(length: number): number {
    const bytes = this.take(length)
    return length === 8 ? Number(bytes.readBigUInt64BE()) : bytes.readUIntBE(0, length)
  }

  takeSigned(length: number): number {
    const bytes = this.take(length)
    return length === 8 ? Number(bytes.readBigInt64BE()) : bytes.readIntBE(0, length)
  }

  takeText(length: number): string {
    const bytes = this.take(length)
    if (!isUtf8(bytes)) throw this.createError('text in UTF-8')
    return bytes.toString('utf8')
  }

  /** Each item takes a byte at least, so a count beyond the remaining bytes is none, and nothing is made ready for it. */
  checkCount(count: number): number {
    if (count > this.remaining) throw this.createError(`${count - this.remaining} more items`)
    return count
  }

  checkDepth(depth: number): void {
    if (depth > DEPTH_MAX) throw this.createError(`at most ${DEPTH_MAX} levels`)
  }

  /** The name of a value in a map: text, or a number. */
  checkKey(key: unknown): string {
    if (typeof key !== 'string' && typeof key !== 'number') throw this.createError('text or numbers as keys')
    if (key === '__proto__') throw createBytesError('no key named __proto__', this.#bytes)
    return String(key)
  }

  /** Nothing may follow: bytes too many are as good a sign of a wrong format as bytes too few. */
  checkEnd(): void {
    if (this.remaining > 0) throw this.createError(`its end ${this.remaining} bytes earlier`)
  }

  createError(expectation: string): TromostError {
    return createBytesError(`${this.#format} with ${expectation}`, this.#bytes)
  }
}
