/** Keeps the order of each device's messages while some of them are decoded elsewhere and answer in their own time. */

export interface Turn<T> {
  /** What it throws is told to `fail`. */
  readonly use: (value: T) => void
  readonly fail: (error: unknown) => void
}

export class Turns {
  /** What began last for each device that has anything under way. */
  readonly #last = new Map<string, Promise<void>>()

  /** Whether something of the device is under way, which what comes now must not overtake. */
  isTaken(device: string): boolean {
    return this.#last.size > 0 && this.#last.has(device)
  }

  /** What comes of the work is used when all that the device began before has been used. Work that never ends holds up its device only. */
  take<T>(device: string, work: Promise<T>, { use, fail }: Turn<T>): void {
    const before = this.#last.get(device)
    const turn = Promise.allSettled([work, before]).then(([result]) => {
      if (this.#last.get(device) === turn) this.#last.delete(device)
      try {
        if (result.status === 'rejected') throw result.reason
        use(result.value)
      } catch (error) {
        fail(error)
      }
    })
    this.#last.set(device, turn)
  }
}
