/** A time that runs or does not, and what is to be done at its end. */

export class Timer {
  readonly #onEnd: () => void
  #timer: NodeJS.Timeout | undefined

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
  }

  get isOn(): boolean {
    return this.#timer !== undefined
  }

  /** From now on, in place of what is left of it. */
  begin(milliseconds: number): void {
    clearTimeout(this.#timer)
    // It is about a connection, which keeps the process for as long as it lasts.
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#onEnd()
    }, milliseconds).unref()
  }

  cancel(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
