/** How long a group commit waits for company: not at all when messages are rare or many already wait, a few milliseconds in between. */

/** Below this a commit of its own costs the machine nothing and saves the sensor the wait. */
const RATE_LOW_PER_SECOND = 200
/** At 1,000 messages a second this takes a third off the processor time of an acknowledgement (see docs/benchmarks.md). */
const WINDOW_MS = 3
/** With this many waiting there is nothing to gain by waiting for more. */
const WAITING_ENOUGH = 256
/** The rate is measured anew this often, so that the window follows a change of traffic at once. */
const MEASURE_MS = 100

export class CommitWindow {
  #ratePerSecond = 0
  #count = 0
  #measuredAt: number

  constructor(now: number = performance.now()) {
    this.#measuredAt = now
  }

  /** Takes note of one message that came in. */
  count(): void {
    this.#count += 1
  }

  /** Milliseconds that the next commit should wait, with `waiting` messages to write. */
  getDelayMs(waiting: number, now: number = performance.now()): number {
    this.#measure(now)
    if (waiting >= WAITING_ENOUGH || this.#ratePerSecond < RATE_LOW_PER_SECOND) return 0
    return WINDOW_MS
  }

  #measure(now: number): void {
    const elapsedMs = now - this.#measuredAt
    if (elapsedMs < MEASURE_MS) return
    this.#ratePerSecond = (this.#count * 1_000) / elapsedMs
    this.#count = 0
    this.#measuredAt = now
  }
}
