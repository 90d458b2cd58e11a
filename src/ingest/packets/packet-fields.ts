/** Goes through the fields of a packet after its fixed header (MQTT 3.1.1, 1.5), and never past its end. */
import type { PacketReader } from '../packet-reader.ts'
import { PacketFault } from './packet-fault.ts'
import { decodeText, quote } from './text.ts'

export class PacketFields {
  readonly #bytes: Buffer
  readonly #end: number
  /** The kind of the packet, for faults. */
  readonly #kind: string
  #at: number

  constructor({ bytes, bodyAt, end }: Pick<PacketReader, 'bytes' | 'bodyAt' | 'end'>, kind: string) {
    this.#bytes = bytes
    this.#at = bodyAt
    this.#end = end
    this.#kind = kind
  }

  get isAtEnd(): boolean {
    return this.#at === this.#end
  }

  readByte(what: string): number {
    return this.#bytes[this.#take(1, what)] ?? 0
  }

  readNumber(what: string): number {
    return this.#bytes.readUInt16BE(this.#take(2, what))
  }

  readLongNumber(what: string): number {
    return this.#bytes.readUInt32BE(this.#take(4, what))
  }

  /** Bytes with their length before them; a view. */
  readBytes(what: string): Buffer {
    const length = this.readNumber(what)
    const at = this.#take(length, what)
    return this.#bytes.subarray(at, at + length)
  }

  /** All that is left; a view. */
  readRest(): Buffer {
    const at = this.#at
    this.#at = this.#end
    return this.#bytes.subarray(at, this.#end)
  }

  readText(what: string): string {
    const bytes = this.readBytes(what)
    const text = decodeText(bytes)
    if (text === undefined) {
      throw this.fault(`${what} in UTF-8 without control characters`, quote(bytes.toString('utf8')))
    }
    return text
  }

  /** Never 0 (MQTT-2.3.1-1). */
  readId(): number {
    const id = this.readNumber('a packet id')
    if (id === 0) throw this.fault('a packet id other than 0')
    return id
  }

  /** How long the next part is, in one to four bytes of seven bits each (MQTT 5.0, 1.5.5). */
  readLength(what: string): number {
    let length = 0
    for (let factor = 1; factor <= 128 ** 3; factor *= 128) {
      const byte = this.readByte(what)
      length += (byte & 0x7f) * factor
      if (byte < 0x80 && (byte > 0 || factor === 1)) return length
      if (byte < 0x80) throw this.fault(`${what} in as few bytes as it needs`, 'more')
    }
    throw this.fault(`${what} of at most 4 bytes`, 'more')
  }

  /** The next so many bytes as fields of their own. */
  readPart(length: number, what: string): PacketFields {
    const bodyAt = this.#take(length, what)
    return new PacketFields({ bytes: this.#bytes, bodyAt, end: bodyAt + length }, this.#kind)
  }

  /** Nothing may follow the last field. */
  expectEnd(): void {
    if (!this.isAtEnd) throw this.fault('nothing after its last field', `${this.#end - this.#at} bytes`)
  }

  fault(expectation: string, got?: string): PacketFault {
    return new PacketFault(`${this.#kind}: expected ${expectation}${got === undefined ? '' : `, got ${got}`}`)
  }

  /** Where so many bytes begin. */
  #take(length: number, what: string): number {
    const at = this.#at
    if (at + length > this.#end) throw this.fault(`${what} that ends within the packet`)
    this.#at += length
    return at
  }
}
