/** How long to leave alone what has failed, a destination or a foreign broker: twice as long each time, up to a bound, with jitter. */

export interface BackoffBounds {
  readonly initial: number
  readonly max: number
}

export class Backoff {
  readonly #bounds: BackoffBounds
  #failures = 0

  constructor(bounds: BackoffBounds) {
    this.#bounds = bounds
  }

  /** Milliseconds until the next attempt. What the other side asked for is obeyed when it is longer, up to the bound. */
  fail(askedMs = 0): number {
    const full = Math.min(this.#bounds.max, this.#bounds.initial * 2 ** this.#failures)
    this.#failures += 1
    // Half fixed, half random: agents that lost the same broker together do not come back together.
    const jittered = full / 2 + (Math.random() * full) / 2
    return Math.max(jittered, Math.min(askedMs, this.#bounds.max))
  }

  succeed(): void {
    this.#failures = 0
  }
}
