/**
 * A bounded memory of numbers by numbers, in flat arrays that the collector never walks through. Keys are whole numbers from 1 to
 * 2^53, spread evenly. Full, it forgets what was set least lately, in two generations of half its bound.
 */

/** Open addressing: a key that is not in its slot is in one of the next. */
interface Generation {
  keys: Float64Array
  values: Float64Array
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
    const at = findSlot(this.#current, key)
    if (this.#current.keys[at] === key) return this.#current.values[at] ?? Number.NaN
    return this.#getPrevious(key)
  }

  /** Gives the number that was there before, or NaN. */
  set(key: number, value: number): number {
    const at = findSlot(this.#current, key)
    const { keys, values } = this.#current
    if (keys[at] === key) {
      const before = values[at] ?? Number.NaN
      values[at] = value
      return before
    }
    keys[at] = key
    values[at] = value
    this.#current.count += 1
    const before = this.#getPrevious(key)
    if (this.#current.count > keys.length * LOAD_MAX || this.#current.count >= this.#most) this.#makeRoom()
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
    const previous = this.#previous
    if (previous === undefined) return Number.NaN
    const at = findSlot(previous, key)
    return previous.keys[at] === key ? (previous.values[at] ?? Number.NaN) : Number.NaN
  }

  #makeRoom(): void {
    const full = this.#current
    if (full.count >= this.#most) {
      this.#previous = full
      this.#current = createGeneration(full.keys.length)
      return
    }
    const grown = createGeneration(full.keys.length * 2)
    // Of flat arrays, an iterator makes an object for each slot.
    for (let at = 0; at < full.keys.length; at++) {
      const key = full.keys[at] ?? 0
      if (key === 0) continue
      const slot = findSlot(grown, key)
      grown.keys[slot] = key
      grown.values[slot] = full.values[at] ?? Number.NaN
    }
    grown.count = full.count
    this.#current = grown
  }
}

function createGeneration(slots: number): Generation {
  return { keys: new Float64Array(slots), values: new Float64Array(slots), count: 0 }
}

/** From this place on, without what is newer elsewhere. Gives the place behind it. */
function copyPairs(
  from: Generation | undefined,
  pairs: Float64Array,
  start: number,
  newer: Generation | undefined,
): number {
  if (from === undefined) return start
  const { keys, values } = from
  let end = start
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at] ?? 0
    const value = values[at] ?? Number.NaN
    const isNewer = newer !== undefined && newer.keys[findSlot(newer, key)] === key
    if (key === 0 || isNewer || Number.isNaN(value)) continue
    pairs[end] = key
    pairs[end + 1] = value
    end += 2
  }
  return end
}

/** The slot of a key, or the free one where it belongs. */
function findSlot({ keys }: Generation, key: number): number {
  const mask = keys.length - 1
  let at = key & mask
  while (keys[at] !== 0 && keys[at] !== key) at = (at + 1) & mask
  return at
}
