/** Since when something is as it is: what lasts only a moment is no alarm. */

export class StandingSince {
  readonly #since = new Map<string, number>()

  /** How many milliseconds a condition lasts; 0 when it does not hold, which is where it begins anew. */
  measure(key: string, holds: boolean, now: number): number {
    if (!holds) {
      this.#since.delete(key)
      return 0
    }
    const since = this.#since.get(key) ?? now
    this.#since.set(key, since)
    return now - since
  }
}
