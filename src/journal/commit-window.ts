/** How long a group commit waits for company: not at all when messages are rare or many already wait, a few milliseconds in between. */

import { getTime } from '../turn-clock.ts'

/** Below this a commit of its own costs the machine nothing and saves the sensor the wait. */
const RATE_LOW_PER_SECOND = 200
/** From here on each millisecond of waiting saves the most processor time, since a commit costs the same for one message or a hundred. */
const RATE_HIGH_PER_SECOND = 5_000
const WINDOW_MIN_MS = 2
const WINDOW_MAX_MS = 5
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
  getDelayMs(waiting: number, now: number = getTime()): number {
    this.#measure(now)
    if (waiting >= WAITING_ENOUGH || this.#ratePerSecond < RATE_LOW_PER_SECOND) return 0
    const share = Math.min(1, this.#ratePerSecond / RATE_HIGH_PER_SECOND)
    return WINDOW_MIN_MS + share * (WINDOW_MAX_MS - WINDOW_MIN_MS)
  }

  #measure(now: number): void {
    const elapsedMs = now - this.#measuredAt
    if (elapsedMs < MEASURE_MS) return
    this.#ratePerSecond = (this.#count * 1_000) / elapsedMs
    this.#count = 0
    this.#measuredAt = now
  }
}
