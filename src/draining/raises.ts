/**
 * Marks that were raised by messages which the cursor has not passed yet: enough to save them with it, or to take them back. One flat
 * queue, since what waits as objects until it is settled is moved by the collector several times.
 */
import type { NumberTable } from '../journal/number-table.ts'

/** Of each raise: position, key, time, and the mark before. */
const FIELDS = 4
const RAISES_MIN = 256
/** In place of a position: nothing of it is left. */
const UNDONE = -1

export class Raises {
  #fields = new Float64Array(RAISES_MIN * FIELDS)
  #start = 0
  #end = 0
  #highest = -1

  add(position: number, key: number, time: number, before: number): void {
    if (this.#end === this.#fields.length) this.#makeRoom()
    const fields = this.#fields
    const at = this.#end
    fields[at] = position
    fields[at + 1] = key
    fields[at + 2] = time
    fields[at + 3] = before
    this.#end = at + FIELDS
    if (position > this.#highest) this.#highest = position
  }

  /** Takes back what a message raised. A mark that another message has moved since stays, and falls to what was before both. */
  undo(position: number, marks: NumberTable): void {
    if (position > this.#highest) return
    for (let at = this.#start; at < this.#end; at += FIELDS) {
      if (this.#read(at) !== position) continue
      this.#undoAt(at, marks)
      this.#fields[at] = UNDONE
    }
  }

  /** Keys and times by turns, of the messages before this position; of a key that is there twice, the last holds. */
  getPairs(before: number): Float64Array {
    const pairs = new Float64Array(((this.#end - this.#start) / FIELDS) * 2)
    let end = 0
    for (let at = this.#start; at < this.#end; at += FIELDS) {
      const position = this.#read(at)
      if (position >= before || position === UNDONE) continue
      pairs[end] = this.#read(at + 1)
      pairs[end + 1] = this.#read(at + 2)
      end += 2
    }
    return pairs.subarray(0, end)
  }

  /**
   * Forgets the raises before this position, up to the first that is not: a message that took long in a sandbox is behind later ones,
   * and what it raised is saved once more with them.
   */
  drop(before: number): void {
    while (this.#start < this.#end && this.#read(this.#start) < before) this.#start += FIELDS
    if (this.#start < this.#end) return
    this.#start = 0
    this.#end = 0
  }

  #undoAt(at: number, marks: NumberTable): void {
    const key = this.#read(at + 1)
    const before = this.#read(at + 3)
    for (let later = at + FIELDS; later < this.#end; later += FIELDS) {
      if (this.#read(later + 1) !== key) continue
      this.#fields[later + 3] = before
      return
    }
    marks.set(key, before)
  }

  #read(at: number): number {
    return this.#fields[at] ?? Number.NaN
  }

  /** What was forgotten makes room for as much again. */
  #makeRoom(): void {
    const kept = this.#fields.subarray(this.#start, this.#end)
    const target =
      kept.length * 2 > this.#fields.length ? new Float64Array(this.#fields.length * 2) : this.#fields
    target.set(kept)
    this.#fields = target
    this.#start = 0
    this.#end = kept.length
  }
}
