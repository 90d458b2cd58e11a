/**
 * The way to a broker's history (ETSI GS CIM 009, 5.6.11: POST temporal/entities creates or appends): readings that are older than
 * the current values, which stay. One entity in a request, since there is no batch for it; a few requests at a time, for ever again.
 */

import { Backoff, type BackoffBounds } from '../backoff.ts'
import { parseAttributes, withAttributes } from '../entity-text.ts'
import type { EntityText, Outcome } from '../reading.ts'
import type { HttpAnswer } from './http-post.ts'
import { readAnswer } from './ngsi-ld-answer.ts'
import type { Settle } from './parcel.ts'

export interface TemporalOptions {
  /** Sends a body under a @context. Rejects when there is no whole answer. */
  readonly post: (body: Buffer, context: string | undefined) => Promise<HttpAnswer>
  /** The names that the broker is to be told. */
  readonly rename?: (entity: EntityText) => EntityText
  readonly concurrency: number
  readonly retry: BackoffBounds
  /** Hears once that the broker has no history to write to. */
  readonly onUnsupported: (detail: string) => void
  readonly close: () => Promise<void>
}

interface LateParcel {
  readonly id: string
  readonly context: string | undefined
  readonly body: Buffer
  readonly settle: Settle
}

export const TEMPORAL_PATH = '/ngsi-ld/v1/temporal/entities'

const DELIVERED: Outcome = { kind: 'delivered' }
const SKIPPED: Outcome = { kind: 'skipped' }
/** Brokers that have no history answer so; Stellio says 404 of a tenant that it does not know, which is another matter. */
const UNSUPPORTED = new Set([404, 405, 501])
const UNSUPPORTED_TYPE = /\/(?:OperationNotSupported|NotImplemented)"/
const TENANT_UNKNOWN_TYPE = /\/(?:NonexistentTenant|NoTenant|TenantNotFound)"/

export class TemporalUplink {
  readonly #options: TemporalOptions
  readonly #backoff: Backoff
  readonly #waiting: LateParcel[] = []
  readonly #inFlight = new Set<Promise<void>>()
  #pause: NodeJS.Timeout | undefined
  #isUsable = true
  #closed = false

  constructor(options: TemporalOptions) {
    this.#options = options
    this.#backoff = new Backoff(options.retry)
  }

  /** False once the broker has said that it has no history to write to. */
  get isUsable(): boolean {
    return this.#isUsable
  }

  /** `settle` is called once: delivered, quarantined with the broker's words, or skipped where it takes none of it. */
  send(entity: EntityText, settle: Settle): void {
    const { rename = each => each } = this.#options
    const { id, context } = entity
    this.#waiting.push({ id, context, body: toBody(rename(entity)), settle })
    this.#pump()
  }

  /** Waits for the requests under way. What is not confirmed by then is sent again after the next start. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#pause)
    await Promise.all(this.#inFlight)
    await this.#options.close()
  }

  #pump(): void {
    while (!this.#closed && this.#pause === undefined && this.#inFlight.size < this.#options.concurrency) {
      const parcel = this.#waiting.shift()
      if (parcel === undefined) return
      if (!this.#isUsable) {
        parcel.settle(SKIPPED)
        continue
      }
      const delivery: Promise<void> = this.#deliver(parcel).finally(() => {
        this.#inFlight.delete(delivery)
        this.#pump()
      })
      this.#inFlight.add(delivery)
    }
  }

  async #deliver(parcel: LateParcel): Promise<void> {
    const { id, context, body, settle } = parcel
    const answer = await this.#options.post(body, context).catch(() => undefined)
    if (answer !== undefined && isUnsupported(answer)) {
      if (this.#isUsable) this.#options.onUnsupported(`HTTP ${answer.status}`)
      this.#isUsable = false
      settle(SKIPPED)
      return
    }
    const verdict = answer === undefined ? { kind: 'later' as const } : readAnswer(answer, [{ id }])
    if (verdict.kind === 'answered') this.#backoff.succeed()
    if (verdict.kind === 'answered') settle(DELIVERED)
    else if (verdict.kind === 'refused')
      settle({ kind: 'quarantined', code: 'ENTITY_REFUSED', detail: `${id}: ${verdict.detail}` })
    else this.#rest(parcel, 'afterMs' in verdict ? verdict.afterMs : undefined)
  }

  #rest(parcel: LateParcel, afterMs = 0): void {
    this.#waiting.unshift(parcel)
    if (this.#pause !== undefined || this.#closed) return
    this.#pause = setTimeout(
      () => {
        this.#pause = undefined
        this.#pump()
      },
      Math.max(this.#backoff.fail(), afterMs),
    )
  }
}

function isUnsupported({ status, body }: HttpAnswer): boolean {
  if (UNSUPPORTED_TYPE.test(body)) return true
  return UNSUPPORTED.has(status) && !TENANT_UNKNOWN_TYPE.test(body)
}

/** EntityTemporal (5.2.20): of each attribute a list of its instances. */
function toBody(entity: EntityText): Buffer {
  const attributes = Object.entries(parseAttributes(entity))
  return withAttributes(
    entity,
    Object.fromEntries(attributes.map(([name, attribute]) => [name, [attribute]])),
  ).json
}
