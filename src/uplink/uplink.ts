/** The way out to one destination of one tenant: batches, a few at a time, again and again until each entity is confirmed or refused. */

import { Backoff } from '../backoff.ts'
import type { EntityText, Outcome } from '../reading.ts'
import { Batcher } from './batcher.ts'
import type { Dialect } from './dialect.ts'
import { createParcel, type Parcel, type Settle } from './parcel.ts'
import { settleTogether } from './settle-together.ts'
import type { Verdict } from './verdict.ts'

export interface UplinkOptions {
  readonly batch: { readonly maxEntities: number; readonly maxBytes: number; readonly linger: number }
  readonly concurrency: { readonly min: number; readonly max: number }
  readonly retry: { readonly initial: number; readonly max: number }
  /** Hears when the destination stops taking readings, and when it takes them again (without a trouble). */
  readonly onTrouble: (trouble: string | undefined) => void
}

export interface UplinkStatus {
  /** Why the destination takes nothing at present; absent when it does. */
  readonly trouble?: string
  readonly requestsInFlight: number
}

const DELIVERED: Outcome = { kind: 'delivered' }
/** A timer may be early by as much. */
const TIMER_MS = 1
/** The brackets around a body of one entity. */
const BRACKETS_BYTES = 2

export class Uplink {
  readonly #dialect: Dialect
  readonly #options: UplinkOptions
  readonly #batcher: Batcher
  readonly #backoff: Backoff
  #inFlight = new Set<Promise<void>>()
  #limit: number
  #trouble: string | undefined
  #linger: NodeJS.Timeout | undefined
  #pause: NodeJS.Timeout | undefined
  #closed = false

  constructor(dialect: Dialect, options: UplinkOptions) {
    this.#dialect = dialect
    this.#options = options
    this.#batcher = new Batcher(options.batch)
    this.#backoff = new Backoff(options.retry)
    this.#limit = options.concurrency.min
  }

  /**
   * Takes the entities of one message. `settle` is called once, when all are decided: delivered when the destination confirmed
   * each of them, quarantined when it refused one, skipped when there were none.
   */
  send(entities: readonly EntityText[], settle: Settle): void {
    const settleOne = settleTogether(entities.length, settle)
    for (const entity of entities) this.#sendOne(entity, settleOne)
    this.#pump()
    this.#scheduleFlush()
  }

  #sendOne(entity: EntityText, settle: Settle): void {
    const parcel = createParcel(entity, this.#dialect.chooseContext(entity.context), settle)
    const { maxBytes } = this.#options.batch
    if (parcel.json.length + BRACKETS_BYTES <= maxBytes) {
      this.#batcher.add(parcel)
      return
    }
    const detail = `${entity.id}: expected at most ${maxBytes} bytes, got ${parcel.json.length}`
    settle({ kind: 'quarantined', code: 'ENTITY_TOO_LARGE', detail })
  }

  get status(): UplinkStatus {
    const requestsInFlight = this.#inFlight.size
    return this.#trouble === undefined ? { requestsInFlight } : { trouble: this.#trouble, requestsInFlight }
  }

  /** Waits for the requests under way. What is not confirmed by then is sent again after the next start. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#linger)
    clearTimeout(this.#pause)
    await Promise.all(this.#inFlight)
    await this.#dialect.close()
  }

  /** A batch waits for company as long as its oldest reading has not waited its linger time, be it here or behind another reading. */
  #scheduleFlush(): void {
    if (this.#linger !== undefined || !this.#canSend()) return
    const since = this.#batcher.openSince
    if (since === undefined) return
    const waitMs = since + this.#options.batch.linger - performance.now()
    if (waitMs > 0) this.#linger = setTimeout(() => this.#flush(), waitMs)
    else this.#flush()
  }

  #canSend(): boolean {
    return !this.#closed && this.#pause === undefined && this.#inFlight.size < this.#limit
  }

  #flush(): void {
    clearTimeout(this.#linger)
    this.#linger = undefined
    this.#batcher.closeOpen(performance.now() - this.#options.batch.linger + TIMER_MS)
    this.#pump()
    this.#scheduleFlush()
  }

  #pump(): void {
    while (this.#canSend()) {
      const batch = this.#batcher.takeClosed()
      if (batch === undefined) return
      const delivery: Promise<void> = this.#deliver(batch).finally(() => {
        this.#inFlight.delete(delivery)
        this.#pump()
        this.#scheduleFlush()
      })
      this.#inFlight.add(delivery)
    }
  }

  /** Sends a batch until each of its entities is decided, or puts back what the destination cannot take now. */
  async #deliver(batch: readonly Parcel[]): Promise<void> {
    let open = batch
    while (open.length > 0) {
      const verdict = await this.#request(open)
      if (verdict.kind === 'later') return this.#putBack(open, verdict)
      if (verdict.kind === 'answered') return
      const found = await this.#isolate(open)
      if (found.verdict.kind === 'later') return this.#putBack(found.open, found.verdict)
      open = found.open
    }
  }

  /**
   * Finds one culprit of a batch that was refused as a whole. When one half is taken, the culprit is in the other; when it is
   * refused, the other half is left for later. So a culprit among a hundred costs nine requests more, the last one for the rest.
   */
  async #isolate(
    refused: readonly Parcel[],
  ): Promise<{ readonly open: readonly Parcel[]; readonly verdict: Verdict }> {
    let suspects = refused
    const rest: Parcel[] = []
    while (suspects.length > 1) {
      const middle = Math.ceil(suspects.length / 2)
      const half = suspects.slice(0, middle)
      const verdict = await this.#request(half)
      if (verdict.kind === 'later') return { open: [...suspects, ...rest], verdict }
      if (verdict.kind === 'refused') rest.push(...suspects.slice(middle))
      suspects = verdict.kind === 'refused' ? half : suspects.slice(middle)
    }
    // Alone once more: the words that it is refused with are then about it and nothing else.
    const verdict = await this.#request(suspects)
    return { open: verdict.kind === 'later' ? [...suspects, ...rest] : rest, verdict }
  }

  /** One request. What it decides is settled; a single entity that is refused is decided too. */
  async #request(parcels: readonly Parcel[]): Promise<Verdict> {
    const verdict = await this.#dialect.deliver(parcels)
    if (verdict.kind === 'later') return verdict
    this.#recover()
    const [only, ...others] = parcels
    if (verdict.kind === 'answered') this.#settle(parcels, verdict.refused)
    else if (only !== undefined && others.length === 0)
      this.#settle(parcels, new Map([[only.id, verdict.detail]]))
    else return verdict
    return { kind: 'answered', refused: new Map() }
  }

  #putBack(parcels: readonly Parcel[], verdict: Extract<Verdict, { kind: 'later' }>): void {
    this.#batcher.putBack(parcels)
    this.#rest(verdict)
  }

  #settle(parcels: readonly Parcel[], refused: ReadonlyMap<string, string>): void {
    for (const { id, settle } of parcels) {
      const detail = refused.get(id)
      settle(
        detail === undefined
          ? DELIVERED
          : { kind: 'quarantined', code: 'ENTITY_REFUSED', detail: `${id}: ${detail}` },
      )
    }
    this.#batcher.release(parcels)
  }

  /** One request at a time until one is taken again: it is the probe that finds out whether the destination is back. */
  #rest({ detail, afterMs }: Extract<Verdict, { kind: 'later' }>): void {
    this.#limit = this.#options.concurrency.min
    if (this.#trouble !== detail) this.#options.onTrouble(detail)
    this.#trouble = detail
    if (this.#pause !== undefined || this.#closed) return
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      this.#pump()
      this.#scheduleFlush()
    }, this.#backoff.fail(afterMs))
  }

  #recover(): void {
    this.#backoff.succeed()
    this.#limit = Math.min(this.#options.concurrency.max, this.#limit + 1)
    if (this.#trouble === undefined) return
    this.#trouble = undefined
    this.#options.onTrouble(undefined)
  }
}
