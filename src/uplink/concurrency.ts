/**
 * How many requests a destination gets at once, found out as TCP finds out its window: one more for as long as round trips stay
 * flat, half as many when it refuses or slows down.
 */

export interface ConcurrencyBounds {
  readonly min: number
  readonly max: number
}

/** One request that was answered. Times are milliseconds on one clock that never goes back. */
export interface RoundTrip {
  readonly startedAt: number
  readonly endedAt: number
  /** A large batch takes longer than a small one, which says nothing about the destination. */
  readonly entities: number
  /** Whether as many requests as allowed were under way: only then does the limit have a say in how long it took. */
  readonly wasFull: boolean
}

/** Up to this much longer than the best round trip is flat; beyond the other one the destination queues what it gets. */
const FLAT = 1.3
const RISING = 2
/** What an event loop and a network add at times, on either side. */
const SLACK_MS = 10
/** The share of a newer round trip in the one that is shown. */
const NEWS = 0.3
/**
 * How fast a best one is forgotten when a destination has become slower for good. Faster at the lower bound, where its slowness
 * cannot be our doing.
 */
const DRIFT = 0.000_2
const DRIFT_AT_MIN = 0.02

export class AdaptiveConcurrency {
  readonly #bounds: ConcurrencyBounds
  #limit: number
  /** Until the first sign of too much every answer adds one, as in TCP's slow start. */
  #isStarting = true
  /** What began before the last change was sent under another limit, and does not count against this one. */
  #changedAt = Number.NEGATIVE_INFINITY
  /** The best round trip in milliseconds, by the power of two of the number of entities. */
  readonly #best = new Map<number, number>()
  #roundTripMs: number | undefined
  /** Of the round trips since the last change: how many, how much longer than the best in all, and whether one was full. */
  #count = 0
  #stretch = 0
  #wasFull = false

  constructor(bounds: ConcurrencyBounds) {
    this.#bounds = bounds
    this.#limit = bounds.min
  }

  /** Requests that may be under way. */
  get limit(): number {
    return this.#limit
  }

  /** How long a request takes at present; undefined before the first one. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs
  }

  /** A request was answered, and what it carried was looked at. */
  succeed(trip: RoundTrip): void {
    const ms = trip.endedAt - trip.startedAt
    this.#roundTripMs =
      this.#roundTripMs === undefined ? ms : this.#roundTripMs + (ms - this.#roundTripMs) * NEWS
    const stretch = this.#compare(trip.entities, ms)
    if (trip.startedAt < this.#changedAt) return
    this.#count += 1
    this.#stretch += stretch
    this.#wasFull ||= trip.wasFull
    if (this.#isStarting || this.#count >= this.#limit) this.#judge(trip.endedAt)
  }

  /** A request was not taken: refused for now, broken off, or not answered in time. Those of one burst count as one. */
  fail(startedAt: number, now: number): void {
    if (startedAt >= this.#changedAt) this.#shrink(now)
  }

  /** How many times the best one of its size, which it may become itself. */
  #compare(entities: number, ms: number): number {
    const size = Math.ceil(Math.log2(Math.max(1, entities)))
    const best = this.#best.get(size) ?? ms
    const drift = this.#limit === this.#bounds.min ? DRIFT_AT_MIN : DRIFT
    this.#best.set(size, ms < best ? ms : best + (ms - best) * drift)
    return ms / (best + SLACK_MS)
  }

  /** After as many answers as requests at once, which is one round trip under this limit. */
  #judge(now: number): void {
    const stretch = this.#stretch / this.#count
    if (!this.#wasFull || (stretch > FLAT && stretch <= RISING)) this.#begin()
    else if (stretch > RISING) this.#shrink(now)
    else {
      this.#limit = Math.min(this.#bounds.max, this.#limit + 1)
      this.#begin()
    }
  }

  #shrink(now: number): void {
    this.#isStarting = false
    this.#limit = Math.max(this.#bounds.min, Math.floor(this.#limit / 2))
    this.#changedAt = now
    this.#begin()
  }

  #begin(): void {
    this.#count = 0
    this.#stretch = 0
    this.#wasFull = false
  }
}
