/** Whether one more request may go to a destination, by what became of those before it; and the words for how it is. */
import { Breaker, type BreakerState } from './breaker.ts'
import { AdaptiveConcurrency, type ConcurrencyBounds, type RoundTrip } from './concurrency.ts'
import type { AlarmCode, Postponed } from './verdict.ts'

/** Why a destination takes nothing. */
export interface Trouble {
  readonly detail: string
  /** What somebody has to look after; without it the trouble may pass by itself. */
  readonly alarm?: AlarmCode
}

export interface GateOptions {
  readonly concurrency: ConcurrencyBounds
  readonly retry: {
    readonly initial: number
    readonly max: number
    readonly retryAfterMax: number
    readonly alarmMax: number
  }
  /** Hears when the destination stops taking readings, and when it takes them again (without a trouble). */
  readonly onTrouble: (trouble: Trouble | undefined) => void
}

export interface GateStatus {
  /** Why the destination takes nothing at present; absent when it does. */
  readonly trouble?: string
  /** The code of an error that somebody has to look after; absent where waiting may help. */
  readonly alarm?: AlarmCode
  /** closed: requests go. open: none. half-open: one, which finds out whether the destination is back. */
  readonly breaker: BreakerState
  /** Milliseconds until that one, while the breaker is open. */
  readonly retryInMs?: number
  /** Requests that may be under way at once at present. */
  readonly concurrency: number
  /** How long a request takes, smoothed; absent before the first one. */
  readonly roundTripMs?: number
}

export class Gate {
  readonly #breaker: Breaker
  readonly #concurrency: AdaptiveConcurrency
  readonly #onTrouble: GateOptions['onTrouble']
  #trouble: Trouble | undefined

  /** `onOpen` hears that a request may go again after a pause. */
  constructor({ concurrency, retry, onTrouble }: GateOptions, onOpen: () => void) {
    this.#concurrency = new AdaptiveConcurrency(concurrency)
    const bounds = { ...retry, askedMax: retry.retryAfterMax }
    this.#breaker = new Breaker(bounds, onOpen)
    this.#onTrouble = onTrouble
  }

  lets(inFlight: number): boolean {
    return this.#breaker.lets(inFlight, this.#concurrency.limit)
  }

  /** Whether that many under way are as many as may be. */
  isFull(inFlight: number): boolean {
    return inFlight >= this.#concurrency.limit
  }

  /** Whether the destination has taken nothing since it last failed. */
  get isTroubled(): boolean {
    return this.#trouble !== undefined
  }

  /** A request was looked at by the destination, whatever it said of the entities. */
  succeed(trip: RoundTrip): void {
    this.#concurrency.succeed(trip)
    if (!this.#breaker.succeed() || this.#trouble === undefined) return
    this.#trouble = undefined
    this.#onTrouble(undefined)
  }

  /** A request was not. */
  fail(verdict: Postponed, startedAt: number): void {
    if (verdict.kind === 'barred') {
      this.#breaker.fail({ isAlarm: true })
      this.#tell({ detail: verdict.detail, alarm: verdict.code })
      return
    }
    this.#concurrency.fail(startedAt, performance.now())
    this.#breaker.fail({ askedMs: verdict.afterMs, isAlarm: false })
    this.#tell({ detail: verdict.detail })
  }

  /** Something has changed, so that a request is worth a try at once. */
  probe(): void {
    this.#breaker.probe()
  }

  get status(): GateStatus {
    const { waitMs, state } = this.#breaker
    const { limit, roundTripMs } = this.#concurrency
    const { detail, alarm } = this.#trouble ?? {}
    return {
      ...(detail !== undefined && { trouble: detail }),
      ...(alarm !== undefined && { alarm }),
      breaker: state,
      ...(waitMs !== undefined && { retryInMs: Math.ceil(waitMs) }),
      concurrency: limit,
      ...(roundTripMs !== undefined && { roundTripMs: Math.round(roundTripMs * 10) / 10 }),
    }
  }

  close(): void {
    this.#breaker.close()
  }

  #tell(trouble: Trouble): void {
    const isNew = trouble.detail !== this.#trouble?.detail || trouble.alarm !== this.#trouble?.alarm
    this.#trouble = trouble
    if (isNew) this.#onTrouble(trouble)
  }
}
