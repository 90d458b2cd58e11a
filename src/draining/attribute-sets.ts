/**
 * The sets of attributes that come together, as a message of one device type brings them: they share one mark, where each of them would
 * need its own. A set is on disk as hashes, so that the marks of attributes are found after a start as well.
 */
import { hashPair, hashText } from '../hash.ts'

export interface AttributeSet {
  readonly key: number
  /** Hashes of names. */
  readonly names: readonly number[]
  /** Whether they have one mark; otherwise each has its own. */
  readonly isShared: boolean
}

/** Sensors that leave out a different part each time would make no end of sets. */
const SETS_MAX = 256
const SEED = hashText('attributes')

export class AttributeSets {
  readonly #sets = new Map<number, AttributeSet>()
  readonly #withName = new Map<number, number[]>()
  #lastNames: readonly string[] | undefined
  #last: AttributeSet | undefined

  /** `record` is what `toRecord` gave. */
  constructor(record: Float64Array = new Float64Array()) {
    for (let at = 0; at < record.length; ) {
      const count = record[at] ?? 0
      this.#add([...record.subarray(at + 1, at + 1 + count)])
      at += 1 + count
    }
  }

  get size(): number {
    return this.#sets.size
  }

  /** Profiles give the same list each time, unless something is missing. */
  find(names: readonly string[]): AttributeSet {
    if (this.#last !== undefined && this.#lastNames === names) return this.#last
    this.#lastNames = names
    this.#last = this.#findByHashes(names.map(name => hashText(name)))
    return this.#last
  }

  /** The keys of the sets that have this name among others. */
  listKeysWith(name: number): readonly number[] {
    return this.#withName.get(name) ?? []
  }

  get(key: number): AttributeSet | undefined {
    return this.#sets.get(key)
  }

  list(): Iterable<AttributeSet> {
    return this.#sets.values()
  }

  /** Of each set how many names it has, and their hashes. */
  toRecord(): Float64Array {
    return Float64Array.from([...this.#sets.values()].flatMap(({ names }) => [names.length, ...names]))
  }

  #findByHashes(names: readonly number[]): AttributeSet {
    const [only] = names
    if (only !== undefined && names.length === 1) return { key: only, names, isShared: true }
    const known = this.#sets.get(toKey(names))
    if (known !== undefined) return known
    return this.#sets.size < SETS_MAX ? this.#add(names) : { key: toKey(names), names, isShared: false }
  }

  #add(names: readonly number[]): AttributeSet {
    const set = { key: toKey(names), names, isShared: true }
    this.#sets.set(set.key, set)
    for (const name of names) this.#withName.set(name, [...this.listKeysWith(name), set.key])
    return set
  }
}

function toKey(names: readonly number[]): number {
  let key = SEED
  for (const name of names) key = hashPair(key, name)
  return key
}
