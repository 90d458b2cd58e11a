/** Handshakes cost milliseconds of this thread, so only a few are begun in each turn of its loop: messages come in between. */

const PER_TURN = 4

export class Turns {
  readonly #waiting: (() => void)[] = []
  #taken = 0
  #isScheduled = false

  /** Runs it in this turn, or in one that comes soon. */
  take(run: () => void): void {
    if (this.#taken < PER_TURN && this.#waiting.length === 0) {
      this.#taken += 1
      run()
    } else this.#waiting.push(run)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      const due = this.#waiting.splice(0, PER_TURN)
      this.#taken = due.length
      for (const run of due) run()
      if (due.length > 0) this.#schedule()
    })
  }
}
