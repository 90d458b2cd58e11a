/**
 * A bounded memory of numbers by numbers, in flat arrays that the collector never walks through. Keys are whole numbers from 1 to
 * 2^53, spread evenly. Full, it forgets what was set least lately, in two generations of half its bound.
 */

/** Open addressing: a key that is not in its slot is in one of the next. */
interface Generation {
  /** Of each slot its key and its value, side by side: far more is looked up than caches hold, and this way one miss is all. */
  pairs: Float64Array
  count: number
}

const SLOTS_MIN = 64
/** Fuller than this, and the way to a free slot becomes long. */
const LOAD_MAX = 0.75

export class NumberTable {
  readonly #most: number
  #current = createGeneration(SLOTS_MIN)
  #previous: Generation | undefined

  /** `most` is how many numbers it holds at most. */
  constructor(most: number) {
    this.#most = Math.ceil(most / 2)
  }

  /** How many numbers it holds; what was set again since it began a generation counts twice. */
  get size(): number {
    return this.#current.count + (this.#previous?.count ?? 0)
  }

  /** NaN for a key that is not known. */
  get(key: number): number {
    const { pairs } = this.#current
    const at = findSlot(pairs, key)
    return pairs[at] === key ? (pairs[at + 1] ?? Number.NaN) : this.#getPrevious(key)
  }

  /** Gives the number that was there before, or NaN. */
  set(key: number, value: number): number {
    const { pairs } = this.#current
    const at = findSlot(pairs, key)
    if (pairs[at] === key) {
      const before = pairs[at + 1] ?? Number.NaN
      pairs[at + 1] = value
      return before
    }
    pairs[at] = key
    pairs[at + 1] = value
    this.#current.count += 1
    const before = this.#getPrevious(key)
    const slots = pairs.length / 2
    if (this.#current.count > slots * LOAD_MAX || this.#current.count >= this.#most) this.#makeRoom()
    return before
  }

  clear(): void {
    this.#current = createGeneration(SLOTS_MIN)
    this.#previous = undefined
  }

  /** Every key once with its number, by turns; those that were forgotten by NaN are left out. */
  toPairs(): Float64Array {
    const pairs = new Float64Array(this.size * 2)
    const end = copyPairs(this.#current, pairs, 0, undefined)
    return pairs.subarray(0, copyPairs(this.#previous, pairs, end, this.#current))
  }

  #getPrevious(key: number): number {
    if (this.#previous === undefined) return Number.NaN
    const { pairs } = this.#previous
    const at = findSlot(pairs, key)
    return pairs[at] === key ? (pairs[at + 1] ?? Number.NaN) : Number.NaN
  }

  #makeRoom(): void {
    const full = this.#current
    if (full.count >= this.#most) {
      this.#previous = full
      this.#current = createGeneration(full.pairs.length / 2)
      return
    }
    const grown = createGeneration(full.pairs.length)
    for (let at = 0; at < full.pairs.length; at += 2) {
      const key = full.pairs[at] ?? 0
      if (key === 0) continue
      const slot = findSlot(grown.pairs, key)
      grown.pairs[slot] = key
      grown.pairs[slot + 1] = full.pairs[at + 1] ?? Number.NaN
    }
    grown.count = full.count
    this.#current = grown
  }
}

function createGeneration(slots: number): Generation {
  return { pairs: new Float64Array(slots * 2), count: 0 }
}

/** From this place on, without what is newer elsewhere. Gives the place behind it. */
function copyPairs(
  from: Generation | undefined,
  pairs: Float64Array,
  start: number,
  newer: Generation | undefined,
): number {
  if (from === undefined) return start
  let end = start
  for (let at = 0; at < from.pairs.length; at += 2) {
    const key = from.pairs[at] ?? 0
    const value = from.pairs[at + 1] ?? Number.NaN
    const isNewer = newer !== undefined && newer.pairs[findSlot(newer.pairs, key)] === key
    if (key === 0 || isNewer || Number.isNaN(value)) continue
    pairs[end] = key
    pairs[end + 1] = value
    end += 2
  }
  return end
}

/** Where the slot of a key begins, or the free one where it belongs. */
function findSlot(pairs: Float64Array, key: number): number {
  const mask = pairs.length - 1
  let at = (key * 2) & mask
  while (pairs[at] !== 0 && pairs[at] !== key) at = (at + 2) & mask
  return at
}
