/**
 * Values by key that come and go with every reading. A Map that is deleted from makes itself a new table again and again, and each old
 * table keeps the next one alive: once one of them is old to the collector, nothing that passed through the map is collected before
 * the next full run. Here a key keeps its slot, which is empty meanwhile, and empty ones are given up when there are many.
 */

import type { Seat } from './reading.ts'

export interface Slot<Value> {
  value: Value | undefined
}

/** Slots, in use or not, that it never gives up: those of all entities of a large town take some ten megabytes. */
const SLOTS_MIN = 131_072

export class Slots<Key, Value> {
  #table = new Map<Key, Slot<Value>>()
  /** Another one whenever slots are given up. A seat that nobody asks with again is not to keep a whole table. */
  #owner = {}
  #most = SLOTS_MIN

  /**
   * The slot of a key. An empty one is to be filled before the next is asked for, or it may be given up. A seat is of one key only; who
   * asks with it again is spared the look-up.
   */
  get(key: Key, seat?: Seat): Slot<Value> {
    if (seat?.owner === this.#owner) return seat.slot as Slot<Value>
    const slot = this.#find(key)
    if (seat !== undefined) {
      seat.owner = this.#owner
      seat.slot = slot
    }
    return slot
  }

  #find(key: Key): Slot<Value> {
    const present = this.#table.get(key)
    if (present !== undefined) return present
    if (this.#table.size >= this.#most) this.#giveUpEmpty()
    const slot = { value: undefined }
    this.#table.set(key, slot)
    return slot
  }

  /** All that is there, in no order to rely on. */
  *values(): Iterable<Value> {
    for (const { value } of this.#table.values()) if (value !== undefined) yield value
  }

  #giveUpEmpty(): void {
    const table = new Map<Key, Slot<Value>>()
    for (const [key, slot] of this.#table) if (slot.value !== undefined) table.set(key, slot)
    this.#table = table
    this.#owner = {}
    this.#most = Math.max(SLOTS_MIN, table.size * 2)
  }
}
