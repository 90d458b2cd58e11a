/** Protocol buffers read strictly: every field of the wire type that it must have, nothing past its end, nothing left over. */
import { isUtf8 } from 'node:buffer'
import { PbfReader } from 'pbf'

type ReadField = (field: number) => void

const VARINT = 0
const FIXED_64 = 1
const LENGTH_DELIMITED = 2
const FIXED_32 = 5
const WIRE_TYPES = new Set([VARINT, FIXED_64, LENGTH_DELIMITED, FIXED_32])

/** What a payload is not. The adapter of the format makes it DECODE_FAILED, with an excerpt. */
export class SparkplugFault extends Error {}

export class Wire {
  readonly #pbf: PbfReader
  readonly #bytes: Buffer
  #end: number

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#pbf = new PbfReader(bytes)
    this.#end = bytes.length
  }

  /** Calls for each field of the message that is being read. A field that is not taken is passed over. */
  eachField(read: ReadField): void {
    const pbf = this.#pbf
    const end = this.#end
    for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
      if (!WIRE_TYPES.has(pbf.type)) throw new SparkplugFault('fields of known wire types')
      read(field)
    }
    // A length that leads past the end, or a field without a number.
    if (pbf.pos !== end) throw new SparkplugFault('protocol buffers')
  }

  /** The fields of an embedded message. */
  takeMessage(read: ReadField): void {
    const outer = this.#end
    this.#end = this.#takeLength()
    this.eachField(read)
    this.#end = outer
  }

  /** A varint of 64 bits, signed: from it every integer type can be told. Beyond 2^53 the last digits are lost, as JSON's are. */
  takeInteger(): number {
    this.#expect(VARINT)
    return this.#pbf.readVarint(true)
  }

  /** A varint of 64 bits, unsigned, all its digits kept: aliases may be hashes. */
  takeDigits(): string {
    const start = this.#pbf.pos
    const value = this.takeInteger()
    if (Number.isSafeInteger(value) && value >= 0) return String(value)
    const bytes = this.#bytes.subarray(start, this.#pbf.pos)
    const bits = bytes.reduceRight((high, byte) => (high << 7n) | BigInt(byte & 0x7f), 0n)
    return BigInt.asUintN(64, bits).toString()
  }

  takeBoolean(): boolean {
    return this.takeInteger() !== 0
  }

  takeFloat(): number {
    this.#expect(FIXED_32)
    return toShortest(this.#bytes.readFloatLE(this.#skip(4)))
  }

  takeDouble(): number {
    this.#expect(FIXED_64)
    return this.#bytes.readDoubleLE(this.#skip(8))
  }

  takeText(): string {
    const bytes = this.takeBytes()
    if (!isUtf8(bytes)) throw new SparkplugFault('text in UTF-8')
    return bytes.toString('utf8')
  }

  takeBytes(): Buffer {
    const end = this.#takeLength()
    const start = this.#skip(end - this.#pbf.pos)
    return this.#bytes.subarray(start, end)
  }

  /** A repeated field of varints, one by one or packed. */
  takeIntegers(): readonly number[] {
    if (this.#pbf.type === VARINT) return [this.takeInteger()]
    const end = this.#takeLength()
    const values: number[] = []
    while (this.#pbf.pos < end) values.push(this.#pbf.readVarint(true))
    if (this.#pbf.pos !== end) throw new SparkplugFault('protocol buffers')
    return values
  }

  /** Where a field of bytes ends, which is never past the end of its message. */
  #takeLength(): number {
    this.#expect(LENGTH_DELIMITED)
    const end = this.#pbf.readVarint() + this.#pbf.pos
    if (end > this.#end) throw new SparkplugFault('lengths that do not lead past its end')
    return end
  }

  #skip(length: number): number {
    const start = this.#pbf.pos
    if (start + length > this.#end) throw new SparkplugFault('lengths that do not lead past its end')
    this.#pbf.pos = start + length
    return start
  }

  #expect(wireType: number): void {
    if (this.#pbf.type !== wireType) throw new SparkplugFault('fields of the wire types of Sparkplug B')
  }
}

/** The decimal that was meant: 21.4 as a float of 32 bits is 21.399999618530273 as one of 64. */
export function toShortest(value: number): number {
  if (Number.isInteger(value) || !Number.isFinite(value)) return value
  for (let digits = 6; digits < 9; digits += 1) {
    const decimal = Number(value.toPrecision(digits))
    if (Math.fround(decimal) === value) return decimal
  }
  return Number(value.toPrecision(9))
}
