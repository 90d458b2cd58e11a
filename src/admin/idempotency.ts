/** `Idempotency-Key`: a POST that is sent twice, because its answer got lost, is done once and gets one answer. Kept in memory, bounded. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Api } from './api.ts'
import { createMisfitProblem, createProblem } from './problem.ts'

const KEPT_FOR_MS = 24 * 3_600_000
const ANSWERS_MAX = 1_000
/** Of all answers together; the oldest go first. One that is larger than a part of it is not kept. */
const BYTES_MAX = 16 * 1024 * 1024
const ANSWER_BYTES_MAX = BYTES_MAX / 16

/** One that shows a password or a token: long enough to send a request again whose answer got lost. */
const SECRET_KEPT_FOR_MS = 10 * 60_000

const HEADERS_KEPT = ['content-type', 'etag', 'location'] as const

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface Kept {
  readonly digest: string
  readonly until: number
  /** Absent while the first request is under way. */
  answer?: Answer | 'shown'
}

const showing = new WeakSet<FastifyReply>()

/** To be said of each reply that shows something that is never shown again. */
export function showSecret(reply: FastifyReply): void {
  showing.add(reply)
}

export function addIdempotency(api: Api): void {
  const answers = new IdempotentAnswers()
  const keys = new WeakMap<FastifyRequest, string>()
  api.addHook('preValidation', async (request, reply) => {
    const key = getKey(request)
    if (key === undefined) return
    const answer = answers.begin(key, digest(request), Date.now())
    if (answer === undefined) keys.set(request, key)
    else return repeat(reply, answer)
  })
  api.addHook('onSend', async (request, reply, payload) => {
    const key = keys.get(request)
    keys.delete(request)
    if (key === undefined) return
    answers.end(key, toAnswer(reply, payload))
    // Also where nobody ever asks again, it does not stay in memory.
    if (showing.has(reply)) setTimeout(() => answers.forgetSecret(key), SECRET_KEPT_FOR_MS).unref()
  })
}

/** A key is one client's own. */
function getKey({ method, headers, actor, body }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key']
  // What is not read yet cannot be compared; an import takes nothing twice by itself.
  if (body instanceof Readable) return undefined
  if (method !== 'POST' || key === undefined) return undefined
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key)) {
    return JSON.stringify([actor?.name, actor?.tenant, key])
  }
  const problem = 'expected 1 to 255 visible characters of ASCII'
  throw createMisfitProblem('header', [{ path: ['idempotency-key'], problem }])
}

/** Before the body is parsed into what it means: an age in it means another time each time. */
function digest({ url, body }: FastifyRequest): string {
  return createHash('sha256')
    .update(`${url}\n`)
    .update(Buffer.isBuffer(body) ? body : (JSON.stringify(body) ?? ''))
    .digest('base64')
}

function repeat(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  return reply
    .code(status)
    .headers({ ...headers, 'Idempotency-Replayed': 'true' })
    .send(body)
}

/** Nothing for what is not the answer to keep: a failure of ours may pass, and a client that was turned away may come back with a right. */
function toAnswer(reply: FastifyReply, payload: unknown): Answer | undefined {
  const { statusCode: status } = reply
  if (status >= 500 || [401, 403, 429].includes(status)) return undefined
  if (typeof payload !== 'string' || payload.length > ANSWER_BYTES_MAX) return undefined
  const headers = HEADERS_KEPT.flatMap(name => {
    const value = reply.getHeader(name)
    return value === undefined ? [] : [[name, String(value)]]
  })
  return { status, headers: Object.fromEntries(headers), body: payload }
}

export class IdempotentAnswers {
  readonly #kept = new Map<string, Kept>()
  #bytes = 0

  /** The answer to a request that was answered before; nothing for one that is to be done. Throws what is answered to any other. */
  begin(key: string, digest: string, now: number): Answer | undefined {
    this.#expire(now)
    const kept = this.#kept.get(key)
    if (kept === undefined) {
      this.#kept.set(key, { digest, until: now + KEPT_FOR_MS })
      this.#bound()
      return undefined
    }
    if (kept.digest !== digest) {
      throw createProblem('IDEMPOTENCY_KEY_REUSED', 'Idempotency-Key: expected one that no other request had')
    }
    if (kept.answer === undefined) {
      throw createProblem('IDEMPOTENCY_KEY_BUSY', 'Idempotency-Key: the first request with it is under way')
    }
    if (kept.answer === 'shown') {
      throw createProblem(
        'SECRET_SHOWN',
        'Idempotency-Key: the answer to the first request with it showed a secret',
      )
    }
    return kept.answer
  }

  /** Without an answer the request may be done again. */
  end(key: string, answer: Answer | undefined): void {
    const kept = this.#kept.get(key)
    if (kept === undefined) return
    if (answer === undefined) {
      this.#kept.delete(key)
      return
    }
    kept.answer = answer
    this.#bytes += answer.body.length
    this.#bound()
  }

  /** The request was done, and is not done again; what it was answered is not known any more. */
  forgetSecret(key: string): void {
    const kept = this.#kept.get(key)
    if (kept?.answer === undefined) return
    this.#bytes -= getBytes(kept)
    kept.answer = 'shown'
  }

  get bytes(): number {
    return this.#bytes
  }

  /** In the order in which they came, which is that in which they end. */
  #expire(now: number): void {
    for (const [key, { until }] of this.#kept) {
      if (until > now) return
      this.#drop(key)
    }
  }

  #bound(): void {
    for (const [key, { answer }] of this.#kept) {
      if (this.#kept.size <= ANSWERS_MAX && this.#bytes <= BYTES_MAX) return
      // One that is under way is bounded by those that can be.
      if (answer !== undefined) this.#drop(key)
    }
  }

  #drop(key: string): void {
    this.#bytes -= getBytes(this.#kept.get(key))
    this.#kept.delete(key)
  }
}

function getBytes(kept: Kept | undefined): number {
  return typeof kept?.answer === 'object' ? kept.answer.body.length : 0
}
