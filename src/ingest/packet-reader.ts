/** Cuts a stream of bytes into MQTT control packets (MQTT 3.1.1, 2.2), and never holds more of one than it may have. */
import { TromostError } from '../errors.ts'

const REMAINING_LENGTH_BYTES_MAX = 4
/** Whoever has not logged in is worth so much memory. */
const CONNECT_BYTES_MAX = 4 * 1024

/** The packet that was found last is at `start`, its variable header at `bodyAt`, its end at `end`, all in `bytes`. */
export class PacketReader {
  bytes: Buffer = Buffer.alloc(0)
  start = 0
  bodyAt = 0
  end = 0
  /** The length of the longest packet, with its fixed header. */
  packetBytesMax: number
  /** Up to where `bytes` is filled. */
  #filled = 0
  /** How long the packet is that has begun, as far as that is known. */
  #needed = 0
  #isOwn = false

  constructor(packetBytesMax = CONNECT_BYTES_MAX) {
    this.packetBytesMax = packetBytesMax
  }

  /** Whether nothing has come yet, or nothing is left. */
  get isEmpty(): boolean {
    return this.#filled === this.end
  }

  /** What a socket gave. It is used as it is, unless a packet has begun before it. */
  append(chunk: Buffer): void {
    const held = this.#filled - this.end
    if (held === 0) {
      this.bytes = chunk
      this.end = 0
      this.#filled = chunk.length
      this.#isOwn = false
      return
    }
    if (!this.#isOwn || this.#filled + chunk.length > this.bytes.length) this.#grow(held, chunk.length)
    this.#filled += chunk.copy(this.bytes, this.#filled)
  }

  /** Whether there is one more whole packet. Throws for what cannot be one, as soon as its length is read. */
  next(): boolean {
    const start = this.end
    let at = start + 1
    let length = 0
    let byte = 0x80
    for (let factor = 1; byte >= 0x80; factor *= 128) {
      if (at >= this.#filled) return false
      if (at - start > REMAINING_LENGTH_BYTES_MAX) {
        throw new TromostError('PACKET_MALFORMED', 'expected a remaining length of at most 4 bytes, got more')
      }
      byte = this.bytes[at] ?? 0
      length += (byte & 0x7f) * factor
      at += 1
    }
    this.#needed = at - start + length
    if (this.#needed > this.packetBytesMax) {
      const problem = `expected at most ${this.packetBytesMax} bytes, got ${this.#needed}`
      throw new TromostError('PACKET_TOO_LARGE', problem)
    }
    if (at + length > this.#filled) return false
    this.start = start
    this.bodyAt = at
    this.end = at + length
    return true
  }

  /** By doubling, so that a packet that comes byte by byte is not copied for each of them. */
  #grow(held: number, more: number): void {
    const grown = Buffer.allocUnsafe(Math.max(this.#needed, 2 * (held + more)))
    this.bytes.copy(grown, 0, this.end, this.#filled)
    this.bytes = grown
    this.#filled = held
    this.end = 0
    this.#isOwn = true
  }
}
