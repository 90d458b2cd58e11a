/** Requests to one origin over kept connections, with a bound on every wait and on the answer. Batches only: see docs/adr. */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Pool } from 'undici'
import type { DestinationConfig } from '../config/config.ts'
import type { EgressPlan } from '../egress/egress.ts'
import { getMessage } from '../errors.ts'
import { loadPackage } from '../load-package.ts'
import { Access } from './access.ts'
import { AnswerReader, type WholeAnswer } from './answer-reader.ts'
import type { AuthHeaders } from './auth/authorization.ts'
import { isBroken } from './failure-code.ts'
import { parseRetryAfter } from './retry-after.ts'
import type { TlsMaterial } from './tls-files.ts'

export interface HttpAnswer {
  readonly status: number
  /** From Retry-After, where the answer has one. */
  readonly retryAfterMs?: number
  /** Where a redirect leads. */
  readonly location?: string
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
  readonly destination: DestinationConfig
  /** Shared with the other lanes of the destination; of its own where it is not given. */
  readonly access?: Access | undefined
  /** Of every request, beside those that authorise it. */
  readonly headers: Readonly<Record<string, string>>
}

const LOCATION_CHARS_MAX = 200
const LOGIN_REFUSED = new Set([401, 403])

const compress = promisify(gzip)

export class HttpPost {
  readonly #destination: DestinationConfig
  readonly #access: Access
  readonly #isAccessShared: boolean
  readonly #origin: string
  readonly #basePath: string
  readonly #headers: Readonly<Record<string, string>>
  #pool: Pool | undefined
  /** What the pool connects with. */
  #tls: TlsMaterial | undefined
  #rules: EgressPlan | undefined
  #date: string | undefined

  constructor({ destination, access, headers }: HttpPostOptions) {
    const { origin, pathname } = new URL(destination.url ?? '')
    this.#destination = destination
    this.#access = access ?? new Access(destination)
    this.#isAccessShared = access !== undefined
    this.#origin = origin
    this.#basePath = pathname.replace(/\/+$/, '')
    this.#headers = destination.compression === 'gzip' ? { ...headers, 'Content-Encoding': 'gzip' } : headers
  }

  /** The time that the other end had at its last answer, in its words (RFC 9110, 6.6.1). */
  get date(): string | undefined {
    return this.#date
  }

  /**
   * Content-Length follows from the Buffer; redirects are answers like any other. A login that is refused is renewed once where
   * it can be. Rejects when there is no whole answer.
   */
  async request(request: HttpRequest): Promise<HttpAnswer> {
    const packed =
      request.body !== undefined && this.#destination.compression === 'gzip'
        ? { ...request, body: await compress(request.body) }
        : request
    const authorised = await this.#access.authorization.get()
    const answer = await this.#try(packed, authorised)
    if (!LOGIN_REFUSED.has(answer.status)) return answer
    const renewed = await this.#access.authorization.renew(authorised)
    return renewed === undefined ? answer : this.#try(packed, renewed)
  }

  async close(): Promise<void> {
    if (!this.#isAccessShared) this.#access.close()
    await this.#pool?.destroy()
  }

  /** Once more and at once over another connection where this one breaks, as a kept one may. All that we send may be sent twice. */
  async #try(request: HttpRequest, authorised: AuthHeaders): Promise<HttpAnswer> {
    try {
      return await this.#send(request, authorised)
    } catch (error) {
      if (isBroken(error)) return this.#send(request, authorised)
      throw error
    }
  }

  async #send(request: HttpRequest, authorised: AuthHeaders): Promise<HttpAnswer> {
    const { status, headers, body } = await this.#dispatch(request, authorised)
    const { location, date } = headers
    const retryAfterMs = parseRetryAfter(headers['retry-after'])
    this.#date = typeof date === 'string' ? date : undefined
    return {
      status,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      ...(typeof location === 'string' && { location: location.slice(0, LOCATION_CHARS_MAX) }),
      body,
    }
  }

  #dispatch({ method, path, body, headers }: HttpRequest, authorised: AuthHeaders): Promise<WholeAnswer> {
    const { body: timeoutMs } = this.#destination.timeouts
    return new Promise((resolve, reject) => {
      const options = {
        method,
        path: this.#basePath + path,
        headers: { ...this.#headers, ...authorised, ...headers },
        ...(body !== undefined && { body }),
      }
      this.#getPool().dispatch(options, new AnswerReader({ timeoutMs, resolve, reject }))
    })
  }

  /** Another one when certificates or the rules of egress have changed; requests under way end on the one before. */
  #getPool(): Pool {
    const { tls, egress } = this.#access
    if (this.#pool !== undefined && tls === this.#tls && egress.plan === this.#rules) return this.#pool
    const lookup = egress.open(this.#origin)
    this.#pool?.close().catch(() => {})
    const { concurrency, timeouts } = this.#destination
    this.#tls = tls
    this.#rules = egress.plan
    const undici = loadPackage('undici') as { readonly Pool: typeof Pool }
    this.#pool = new undici.Pool(this.#origin, {
      connections: concurrency.max,
      connect: { timeout: timeouts.connect, lookup, ...tls },
      headersTimeout: timeouts.headers,
      bodyTimeout: timeouts.body,
    })
    return this.#pool
  }
}

/** The words for a request that got no answer, with the cause that undici keeps behind its own. */
export function describeFailure(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? ` (${getMessage(error.cause)})` : ''
  return `${getMessage(error)}${cause}`
}
