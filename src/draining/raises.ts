/** Marks that were raised by messages which the cursor has not passed yet: enough to save them with it, or to take them back. */
import { NumberTable } from '../journal/number-table.ts'

/** Of each raise: position, key, time, and the mark before. */
const FIELDS = 4
const RAISES_MIN = 256

export class Raises {
  #fields = new Float64Array(RAISES_MIN * FIELDS)
  #end = 0
  #highest = -1

  add(position: number, key: number, time: number, before: number): void {
    if (this.#end === this.#fields.length) this.#grow()
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
    for (let at = 0; at < this.#end; at += FIELDS) {
      if (this.#read(at) === position) this.#undoAt(at, marks)
    }
    this.#compact(at => this.#read(at) !== position)
  }

  /** Keys and times by turns, of the messages before this position: of each key the last. */
  getPairs(before: number): Float64Array {
    const latest = new NumberTable(this.#end)
    for (let at = 0; at < this.#end; at += FIELDS) {
      if (this.#read(at) < before) latest.set(this.#read(at + 1), this.#read(at + 2))
    }
    const pairs = new Float64Array(latest.size * 2)
    let end = 0
    latest.forEach((key, time) => {
      pairs[end] = key
      pairs[end + 1] = time
      end += 2
    })
    return pairs
  }

  /** Forgets the raises before this position. */
  drop(before: number): void {
    this.#compact(at => this.#read(at) >= before)
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

  #compact(isKept: (at: number) => boolean): void {
    let end = 0
    for (let at = 0; at < this.#end; at += FIELDS) {
      if (!isKept(at)) continue
      if (end !== at) this.#fields.copyWithin(end, at, at + FIELDS)
      end += FIELDS
    }
    this.#end = end
  }

  #read(at: number): number {
    return this.#fields[at] ?? Number.NaN
  }

  #grow(): void {
    const grown = new Float64Array(this.#fields.length * 2)
    grown.set(this.#fields)
    this.#fields = grown
  }
}
