/**
 * JSON as bytes, one entity after the other. Joined as text and turned into bytes at the end, the same costs several times as much:
 * each of the dozens of pieces of an entity would become an object for the collector first.
 */
import { type Piece, WORD_BYTES } from './piece.ts'

/** Some hundreds of entities share one, which lives as long as the last of them. */
const SLAB_BYTES = 256 * 1024
/** A UTF-16 unit takes at most three bytes in UTF-8. */
const UTF8_BYTES_PER_UNIT = 3
/** Enough for what is written digit by digit. */
const DIGITS_MAX = 16
/** Numbers below this are exact in thousandths, and as text they are the shortest there is. */
const THOUSANDTHS_BELOW = 1e6
const INTEGER_MAX = 0x7fff_ffff
const [ZERO, POINT, MINUS] = [0x30, 0x2e, 0x2d]
const IS_LITTLE_ENDIAN = new Uint8Array(new Int32Array([1]).buffer)[0] === 1

export class JsonWriter {
  #slab: Buffer = Buffer.alloc(0)
  #view = new DataView(this.#slab.buffer, 0, 0)
  #start = 0
  #end = 0

  /** What was begun before and not taken is given up. */
  begin(): void {
    this.#end = this.#start
  }

  /** Bytes since the beginning. */
  get length(): number {
    return this.#end - this.#start
  }

  /** Takes back what was written since there were so many. */
  cut(length: number): void {
    this.#end = this.#start + length
  }

  /** What was written since the beginning. The next begins behind it. */
  take(): Buffer {
    const taken = this.#slab.subarray(this.#start, this.#end)
    this.#start = this.#end
    return taken
  }

  put({ words, length }: Piece): void {
    this.#makeRoom(words.length * WORD_BYTES)
    const view = this.#view
    let at = this.#end
    for (let index = 0; index < words.length; index++) {
      view.setInt32(at, words[index] ?? 0, IS_LITTLE_ENDIAN)
      at += WORD_BYTES
    }
    this.#end += length
  }

  putText(text: string): void {
    this.#makeRoom(text.length * UTF8_BYTES_PER_UNIT)
    this.#end += this.#slab.write(text, this.#end)
  }

  /** A finite number, as JSON.stringify writes it. */
  putNumber(number: number): void {
    const size = Math.abs(number)
    const thousandths = size < THOUSANDTHS_BELOW ? Math.round(size * 1000) : Number.NaN
    const isWhole = size <= INTEGER_MAX && Math.trunc(size) === size
    if (!isWhole && thousandths / 1000 !== size) {
      this.putText(String(number))
      return
    }
    this.#makeRoom(DIGITS_MAX)
    if (number < 0) this.#putByte(MINUS)
    this.#putDigits(Math.trunc(size))
    if (!isWhole) this.#putFraction(thousandths % 1000)
  }

  #putByte(byte: number): void {
    this.#view.setUint8(this.#end, byte)
    this.#end += 1
  }

  #putDigits(integer: number): void {
    const end = this.#end + countDigits(integer)
    let rest = integer | 0
    for (let at = end - 1; at >= this.#end; at--) {
      const tenth = (rest / 10) | 0
      this.#view.setUint8(at, ZERO + rest - tenth * 10)
      rest = tenth
    }
    this.#end = end
  }

  /** Without zeros at its end. */
  #putFraction(thousandths: number): void {
    this.#putByte(POINT)
    let rest = thousandths | 0
    for (let unit = 100; rest > 0; unit = (unit / 10) | 0) {
      const digit = (rest / unit) | 0
      this.#putByte(ZERO + digit)
      rest -= digit * unit
    }
  }

  #makeRoom(bytes: number): void {
    if (this.#end + bytes <= this.#slab.length) return
    const begun = this.#slab.subarray(this.#start, this.#end)
    this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, (begun.length + bytes) * 2))
    this.#view = new DataView(this.#slab.buffer, this.#slab.byteOffset, this.#slab.length)
    this.#slab.set(begun)
    this.#start = 0
    this.#end = begun.length
  }
}

function countDigits(integer: number): number {
  let digits = 1
  for (let bound = 10; bound <= integer; bound *= 10) digits += 1
  return digits
}

/** One for all mappers of a thread: an entity is written in one go. */
export const jsonWriter = new JsonWriter()
