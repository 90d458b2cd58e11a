/** Requests to one origin over kept connections, with a bound on every wait and on the answer. Batches only: see docs/adr. */
import { Pool } from 'undici'
import { getMessage } from '../errors.ts'

export interface HttpAnswer {
  readonly status: number
  /** From Retry-After, where the answer has one. */
  readonly retryAfterMs?: number
  readonly body: string
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** With its query; what the address of the destination has of a path comes before it. */
  readonly path: string
  readonly body?: Buffer
  /** Of this request. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface HttpPostOptions {
  /** Of the destination: its origin, and where it is not at the root of it, its path. */
  readonly url: string
  readonly connections: number
  readonly timeouts: { readonly connect: number; readonly headers: number; readonly body: number }
  /** Of every request. */
  readonly headers: Readonly<Record<string, string>>
}

/** An answer to a batch names at most each entity with a sentence; a body beyond this is not read to its end. */
const ANSWER_BYTES_MAX = 2 * 1024 * 1024

export class HttpPost {
  readonly #pool: Pool
  readonly #basePath: string
  readonly #headers: Readonly<Record<string, string>>

  constructor({ url, connections, timeouts, headers }: HttpPostOptions) {
    const { origin, pathname } = new URL(url)
    this.#basePath = pathname.replace(/\/+$/, '')
    this.#headers = headers
    this.#pool = new Pool(origin, {
      connections,
      connect: { timeout: timeouts.connect },
      headersTimeout: timeouts.headers,
      bodyTimeout: timeouts.body,
    })
  }

  /** Content-Length follows from the Buffer; redirects are answers like any other. Rejects when there is no whole answer. */
  async request({ method, path, body, headers }: HttpRequest): Promise<HttpAnswer> {
    const {
      statusCode,
      headers: answerHeaders,
      body: answer,
    } = await this.#pool.request({
      method,
      path: this.#basePath + path,
      headers: { ...this.#headers, ...headers },
      ...(body !== undefined && { body }),
    })
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > ANSWER_BYTES_MAX)
        throw new Error(`expected an answer of at most ${ANSWER_BYTES_MAX} bytes, got more`)
      chunks.push(chunk)
    }
    const retryAfterMs = parseRetryAfter(answerHeaders['retry-after'])
    const text = Buffer.concat(chunks).toString('utf8')
    return retryAfterMs === undefined
      ? { status: statusCode, body: text }
      : { status: statusCode, retryAfterMs, body: text }
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }
}

/** The words for a request that got no answer, with the cause that undici keeps behind its own. */
export function describeFailure(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? ` (${getMessage(error.cause)})` : ''
  return `${getMessage(error)}${cause}`
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function parseRetryAfter(value: string | string[] | undefined): number | undefined {
  if (typeof value !== 'string') return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now()
  return Number.isFinite(ms) && ms > 0 ? ms : undefined
}
