/** The way out to one destination of one tenant: batches, a few at a time, again and again until each entity is confirmed or refused. */

import type { EntityText, Outcome } from '../reading.ts'
import { Batcher } from './batcher.ts'
import type { Dialect } from './dialect.ts'
import { Gate, type GateOptions, type GateStatus } from './gate.ts'
import { copyParcel, type Parcel, type Settle } from './parcel.ts'
import { settleTogether } from './settle-together.ts'
import { type Decided, isPostponed, type Postponed, type Verdict } from './verdict.ts'

export interface UplinkOptions extends GateOptions {
  readonly batch: { readonly maxEntities: number; readonly maxBytes: number; readonly linger: number }
}

export interface UplinkStatus extends GateStatus {
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
  readonly #gate: Gate
  #inFlight = new Set<Promise<void>>()
  #linger: NodeJS.Timeout | undefined
  #closed = false

  constructor(dialect: Dialect, options: UplinkOptions) {
    this.#dialect = dialect
    this.#options = options
    this.#batcher = new Batcher(options.batch)
    this.#gate = new Gate(options, () => this.#proceed())
  }

  /**
   * Takes the entities of one message. `settle` is called once, when all are decided: delivered when the destination confirmed
   * each of them, quarantined when it refused one, skipped when there were none.
   */
  send(entities: readonly EntityText[], settle: Settle): void {
    const settleOne = settleTogether(entities.length, settle)
    for (const entity of entities) this.#sendOne(entity, settleOne)
    // Most readings only join a batch that is to leave at its time.
    if (this.#batcher.hasClosed || this.#linger === undefined) this.#proceed()
  }

  #sendOne(entity: EntityText, settle: Settle): void {
    const parcel = this.#dialect.wrap(entity, settle)
    const { maxBytes } = this.#options.batch
    if (parcel.json.length + BRACKETS_BYTES <= maxBytes) {
      // What may wait for hours is not to keep the memory that it was written to, which it shares with what other lanes have sent long since.
      this.#batcher.add(this.#gate.isTroubled ? copyParcel(parcel) : parcel)
      return
    }
    const detail = `${entity.id}: expected at most ${maxBytes} bytes, got ${parcel.json.length}`
    settle({ kind: 'quarantined', code: 'ENTITY_TOO_LARGE', detail })
  }

  get status(): UplinkStatus {
    return { ...this.#gate.status, requestsInFlight: this.#inFlight.size }
  }

  /** What the destination is reached with has changed: a pause ends at once. */
  retryNow(): void {
    this.#gate.probe()
  }

  /** Waits for the requests under way. What is not confirmed by then is sent again after the next start. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#linger)
    this.#gate.close()
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
    return !this.#closed && this.#gate.lets(this.#inFlight.size)
  }

  #flush(): void {
    clearTimeout(this.#linger)
    this.#linger = undefined
    this.#batcher.closeOpen(performance.now() - this.#options.batch.linger + TIMER_MS)
    this.#proceed()
  }

  #proceed(): void {
    this.#pump()
    this.#scheduleFlush()
  }

  #pump(): void {
    while (this.#canSend()) {
      const batch = this.#batcher.takeClosed()
      if (batch === undefined) return
      const delivery: Promise<void> = this.#deliver(batch).finally(() => {
        this.#inFlight.delete(delivery)
        this.#closeFollowers()
        this.#proceed()
      })
      this.#inFlight.add(delivery)
    }
  }

  /** What has waited for an answer does not wait for company as well while the destination has nothing to do. */
  #closeFollowers(): void {
    if (this.#inFlight.size === 0 && !this.#batcher.hasClosed) this.#batcher.closeFollowers()
  }

  /** Sends a batch until each of its entities is decided, or puts back what the destination cannot take now. */
  async #deliver(batch: readonly Parcel[]): Promise<void> {
    let open = batch
    while (open.length > 0) {
      const verdict = await this.#request(open)
      if (isPostponed(verdict)) return this.#putBack(open, verdict)
      if (verdict.kind === 'answered') return
      const found = await this.#isolate(open)
      if (isPostponed(found.verdict)) return this.#putBack(found.open, found.verdict)
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
      if (isPostponed(verdict)) return { open: [...suspects, ...rest], verdict }
      if (verdict.kind === 'refused') rest.push(...suspects.slice(middle))
      suspects = verdict.kind === 'refused' ? half : suspects.slice(middle)
    }
    // Alone once more: the words that it is refused with are then about it and nothing else.
    const verdict = await this.#request(suspects)
    // Each was taken, and all together were not: it was too much at once, for the broker or what stands before it.
    if (verdict.kind === 'answered' && verdict.refused.size === 0) this.#batcher.shrinkBelow(refused)
    return { open: isPostponed(verdict) ? [...suspects, ...rest] : rest, verdict }
  }

  /** One request. What it decides is settled; a single entity that is refused is decided too. */
  async #request(parcels: readonly Parcel[]): Promise<Verdict> {
    const startedAt = performance.now()
    const verdict = await this.#dialect.deliver(parcels)
    if (isPostponed(verdict)) {
      this.#gate.fail(verdict, startedAt)
      return verdict
    }
    this.#gate.succeed({
      startedAt,
      endedAt: performance.now(),
      entities: parcels.length,
      wasFull: this.#gate.isFull(this.#inFlight.size),
    })
    const [only, ...others] = parcels
    if (verdict.kind === 'refused' && (only === undefined || others.length > 0)) return verdict
    const refused =
      verdict.kind === 'answered' ? verdict.refused : new Map([[only?.id ?? '', verdict.detail]])
    this.#settle(parcels, refused)
    return { kind: 'answered', refused }
  }

  /** What was decided is settled. A destination that answers for each entity works: others go before those that it did not take. */
  #putBack(parcels: readonly Parcel[], { decided }: Postponed): void {
    if (decided === undefined) {
      this.#batcher.putBack(parcels)
      return
    }
    this.#settle(
      parcels.filter(({ id }) => decided.has(id)),
      decided,
    )
    this.#batcher.putLast(parcels.filter(({ id }) => !decided.has(id)))
  }

  #settle(parcels: readonly Parcel[], refused: Decided): void {
    for (const { id, settle } of parcels) {
      const detail = refused.size === 0 ? undefined : refused.get(id)
      settle(
        detail === undefined
          ? DELIVERED
          : { kind: 'quarantined', code: 'ENTITY_REFUSED', detail: `${id}: ${detail}` },
      )
    }
    this.#batcher.release(parcels)
  }
}
