/**
 * A map whose entries come and go with every reading. A Map that is deleted from makes itself a new table again and again, and each
 * old table keeps the next one alive: once one of them is old to the collector, nothing that passed through the map is collected
 * before the next full run. Here a key stays in its place without a value, and the table is made anew when few of many are in use.
 */

/** A table that may be mostly of keys without a value: some hundred kilobytes. */
const KEYS_MAX = 16_384
/** In a table beyond that, one key of so many has a value at least. */
const KEYS_PER_VALUE = 4

export class TurnoverMap<Key, Value extends object> {
  #table = new Map<Key, Value | undefined>()
  #size = 0

  get(key: Key): Value | undefined {
    return this.#table.get(key)
  }

  set(key: Key, value: Value): void {
    if (this.#table.get(key) === undefined) this.#size += 1
    this.#table.set(key, value)
    if (this.#table.size > Math.max(KEYS_MAX, this.#size * KEYS_PER_VALUE)) this.#renew()
  }

  delete(key: Key): void {
    if (this.#table.get(key) === undefined) return
    this.#size -= 1
    this.#table.set(key, undefined)
  }

  /** Of those that are there, in no order to rely on. */
  *values(): Iterable<Value> {
    for (const value of this.#table.values()) if (value !== undefined) yield value
  }

  #renew(): void {
    const table = new Map<Key, Value | undefined>()
    for (const [key, value] of this.#table) if (value !== undefined) table.set(key, value)
    this.#table = table
  }
}
