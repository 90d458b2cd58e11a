/** How long to leave a destination alone after a failure: twice as long each time, up to a bound, with jitter. */

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

  /** Milliseconds until the next attempt, at most `max`. */
  fail(max = this.#bounds.max): number {
    const full = Math.min(max, this.#bounds.initial * 2 ** this.#failures)
    this.#failures += 1
    // Half fixed, half random: agents that lost the same broker together do not come back together.
    return full / 2 + (Math.random() * full) / 2
  }

  succeed(): void {
    this.#failures = 0
  }
}
