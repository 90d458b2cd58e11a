/** Leaves a destination alone after a failure, then lets one request find out whether it is back: a circuit breaker. */
import { Backoff, type BackoffBounds } from './backoff.ts'

/** closed: all may pass. open: none. half-open: one at a time, the probe. */
export type BreakerState = 'closed' | 'open' | 'half-open'

export interface Failure {
  /** What the destination asked for (Retry-After). */
  readonly askedMs?: number | undefined
  /** Waiting alone will not help, so that it is tried rarely. */
  readonly isAlarm: boolean
}

export interface BreakerBounds extends BackoffBounds {
  /** The longest Retry-After that is obeyed. */
  readonly askedMax: number
  /** The longest pause while somebody has to look. */
  readonly alarmMax: number
}

export class Breaker {
  readonly #bounds: BreakerBounds
  readonly #backoff: Backoff
  readonly #onHalfOpen: () => void
  #state: BreakerState = 'closed'
  #timer: NodeJS.Timeout | undefined
  /** By performance.now(). */
  #opensUntil = 0
  #closed = false

  /** `onHalfOpen` hears that a probe may go. */
  constructor(bounds: BreakerBounds, onHalfOpen: () => void) {
    this.#bounds = bounds
    this.#backoff = new Backoff(bounds)
    this.#onHalfOpen = onHalfOpen
  }

  get state(): BreakerState {
    return this.#state
  }

  /** Milliseconds until the next probe; undefined while none is waited for. */
  get waitMs(): number | undefined {
    return this.#state === 'open' ? Math.max(0, this.#opensUntil - performance.now()) : undefined
  }

  /** Whether one request more may go beside these, of at most `limit`. */
  lets(inFlight: number, limit: number): boolean {
    if (this.#state === 'closed') return inFlight < limit
    return this.#state === 'half-open' && inFlight === 0
  }

  /** What was sent before the pause and fails within it is the same failure; only a longer wait that it asks for counts. */
  fail({ askedMs = 0, isAlarm }: Failure): void {
    const asked = Math.min(askedMs, this.#bounds.askedMax)
    if (this.#state === 'open') {
      if (asked > (this.waitMs ?? 0)) this.#open(asked)
      return
    }
    this.#open(Math.max(asked, this.#backoff.fail(isAlarm ? this.#bounds.alarmMax : this.#bounds.max)))
  }

  /** Whether the destination is back by this. An answer to what was sent before the pause does not end the pause. */
  succeed(): boolean {
    if (this.#state === 'open') return false
    this.#backoff.succeed()
    this.#state = 'closed'
    return true
  }

  /** Something has changed, so that it is worth a try at once. */
  probe(): void {
    if (this.#state !== 'open') return
    clearTimeout(this.#timer)
    this.#backoff.succeed()
    this.#halfOpen()
  }

  /** No probe after this. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  #open(ms: number): void {
    clearTimeout(this.#timer)
    this.#state = 'open'
    this.#opensUntil = performance.now() + ms
    if (!this.#closed) this.#timer = setTimeout(() => this.#halfOpen(), ms)
  }

  #halfOpen(): void {
    this.#state = 'half-open'
    this.#onHalfOpen()
  }
}
