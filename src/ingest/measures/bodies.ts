/** Reads the bodies of requests, each within a bound, and all that are under way together within another. */
import type { IncomingMessage } from 'node:http'
import { RefusedRequest } from './refused-request.ts'

/** Clients that send slowly hold what they have sent so far. */
const BYTES_UNDER_WAY_MAX = 64 * 1024 * 1024

export class Bodies {
  readonly #bytesMax: number
  readonly #bytesUnderWayMax: number
  #bytesUnderWay = 0

  constructor(bytesMax: number, bytesUnderWayMax = BYTES_UNDER_WAY_MAX) {
    this.#bytesMax = bytesMax
    this.#bytesUnderWayMax = bytesUnderWayMax
  }

  /** Throws a RefusedRequest for a body that is too large, and what the socket says when it breaks. */
  async read(request: IncomingMessage): Promise<Buffer> {
    this.#check(Number(request.headers['content-length'] ?? 0))
    const chunks: Buffer[] = []
    let bytes = 0
    try {
      // Not destroyed when it is too large: the answer is still to be sent.
      for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        bytes += chunk.length
        this.#bytesUnderWay += chunk.length
        chunks.push(chunk)
        this.#check(bytes)
      }
    } finally {
      this.#bytesUnderWay -= bytes
    }
    const [first] = chunks
    return first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks)
  }

  #check(bytes: number): void {
    if (bytes > this.#bytesMax) {
      const detail = `expected a body of at most ${this.#bytesMax} bytes, got ${bytes} or more`
      throw new RefusedRequest(413, 'PACKET_TOO_LARGE', detail)
    }
    if (this.#bytesUnderWay > this.#bytesUnderWayMax) {
      const detail = `expected at most ${this.#bytesUnderWayMax} bytes of bodies at once`
      throw new RefusedRequest(503, 'MEASURES_BUSY', detail)
    }
  }
}
