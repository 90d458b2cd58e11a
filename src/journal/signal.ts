/** One waits, and looks again when the other says that it is worth it. */
export class Signal {
  #wake: (() => void) | undefined

  wait(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve
    })
  }

  raise(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}
