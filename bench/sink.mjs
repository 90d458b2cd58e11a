/** Counts readings at the end of their way, and tells the benchmark how far they are. */
import { tellProgress } from './child.mjs'
import { nowMs } from './measure.mjs'

/** How often progress is told. The load generator is paced by it at QoS 0. */
const PROGRESS_MS = 2

export class Sink {
  #first = 0
  #seen = 0
  #told = 0
  #arrivedAt = new Float64Array(0)
  #timer
  #complete = () => undefined
  #completed = Promise.resolve()

  /** Gets ready for readings `first` to `first + count - 1`. To be done before the first of them is sent. */
  expect({ first, count, isPaced }) {
    this.#first = first
    this.#seen = 0
    this.#told = 0
    this.#arrivedAt = new Float64Array(count).fill(Number.NaN)
    this.#completed = new Promise(resolve => {
      this.#complete = resolve
    })
    if (isPaced) this.#timer = setInterval(() => this.#tellProgress(), PROGRESS_MS)
  }

  /** Resolves with the times of arrival once all expected readings have come. */
  async collect() {
    await this.#completed
    clearInterval(this.#timer)
    return { arrivedAt: this.#arrivedAt }
  }

  /** Takes the readings that one request brought. A repeat counts once. @param {readonly number[]} sequences */
  take(sequences) {
    const now = nowMs()
    for (const sequence of sequences) {
      const index = sequence - this.#first
      if (!Number.isNaN(this.#arrivedAt[index] ?? 0)) continue
      this.#arrivedAt[index] = now
      this.#count()
    }
  }

  /** Takes a reading of a server that does not look into messages. */
  takeAny() {
    this.#count()
  }

  #count() {
    this.#seen += 1
    if (this.#seen === this.#arrivedAt.length) this.#complete()
  }

  #tellProgress() {
    if (this.#told === this.#seen) return
    this.#told = this.#seen
    tellProgress(this.#seen)
  }
}
