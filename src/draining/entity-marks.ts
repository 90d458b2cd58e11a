/**
 * When each attribute of each entity was last observed. Attributes that come together share a mark, and the newest time of an entity
 * tells at once that nothing is late, so a usual message costs two look-ups and one mark, however many attributes it has.
 */

import { hashPair } from '../hash.ts'
import { NumberTable } from '../journal/number-table.ts'
import type { EntityText } from '../reading.ts'
import type { AttributeSet, AttributeSets } from './attribute-sets.ts'
import { Raises } from './raises.ts'

/** Entities whose newest time is known; those of a larger town are looked up attribute by attribute more often. */
const ENTITIES_MAX = 131_072
const NEVER = Number.NEGATIVE_INFINITY
const NONE: readonly string[] = []

interface Passing {
  readonly entity: number
  readonly position: number
  readonly now: number
}

export class EntityMarks {
  /** By entity and set, or by entity and attribute; of an attribute, the newest of all these holds. */
  readonly #marks: NumberTable
  readonly #sets: AttributeSets
  readonly #raises = new Raises()
  /** No mark of an entity is newer than this. */
  readonly #newest = new NumberTable(ENTITIES_MAX * 2)
  /** No mark of the others is newer than this. */
  #newestOfOthers: number
  #newestOfAll: number

  constructor(marks: NumberTable, sets: AttributeSets) {
    this.#marks = marks
    this.#sets = sets
    const pairs = marks.toPairs()
    let newest = NEVER
    for (let at = 1; at < pairs.length; at += 2) newest = Math.max(newest, pairs[at] ?? NEVER)
    this.#newestOfOthers = newest
    this.#newestOfAll = newest
  }

  get sets(): AttributeSets {
    return this.#sets
  }

  get size(): number {
    return this.#marks.size
  }

  get raises(): Raises {
    return this.#raises
  }

  /**
   * The names of attributes that are older than what was sent before; the others raise their marks. A mark beyond the agent's own
   * time (`now`) was made by a clock that ran ahead, and holds nothing back.
   */
  pass(text: EntityText, position: number, now: number): readonly string[] {
    const { idHash: entity, attributes, observedAt, times } = text
    const set = this.#sets.find(attributes)
    const newest = this.#raiseNewest(
      entity,
      times === undefined ? observedAt : Math.max(observedAt, ...times),
    )
    if (times === undefined && set.isShared && observedAt >= newest) {
      this.#raise(position, hashPair(entity, set.key), observedAt)
      return NONE
    }
    return this.#passEach(text, set, { entity, position, now })
  }

  /** The message at this position was not delivered: its marks fall back. */
  fall(position: number): void {
    this.#raises.undo(position, this.#marks)
  }

  #passEach(text: EntityText, set: AttributeSet, passing: Passing): readonly string[] {
    const { attributes, observedAt, times } = text
    const { entity, position, now } = passing
    const isNewest = set.names.every(
      (name, index) => this.#read(entity, name) <= (times?.[index] ?? observedAt),
    )
    if (isNewest && times === undefined && set.isShared) {
      this.#raise(position, hashPair(entity, set.key), observedAt)
      return NONE
    }
    return attributes.filter((_, index) => {
      const name = set.names[index] ?? 0
      const time = times?.[index] ?? observedAt
      const mark = this.#read(entity, name)
      const isLate = mark > time && mark <= now
      if (!isLate) this.#raiseAlone(name, time, passing)
      return isLate
    })
  }

  /** The newest mark of an attribute. */
  #read(entity: number, name: number): number {
    let newest = this.#marks.get(hashPair(entity, name))
    if (Number.isNaN(newest)) newest = NEVER
    for (const key of this.#sets.listKeysWith(name)) {
      const shared = this.#marks.get(hashPair(entity, key))
      if (shared > newest) newest = shared
    }
    return newest
  }

  /** A mark beyond the agent's time that it shares with others goes to each of these, so that it does not come up again. */
  #raiseAlone(name: number, time: number, { entity, position }: Passing): void {
    for (const key of this.#sets.listKeysWith(name)) {
      const shared = this.#marks.get(hashPair(entity, key))
      if (shared > time) this.#part(key, shared, { entity, position })
    }
    this.#raise(position, hashPair(entity, name), time)
  }

  #part(setKey: number, shared: number, { entity, position }: Omit<Passing, 'now'>): void {
    for (const name of this.#sets.get(setKey)?.names ?? []) {
      const key = hashPair(entity, name)
      if (!(this.#marks.get(key) > shared)) this.#raise(position, key, shared)
    }
    this.#raise(position, hashPair(entity, setKey), NEVER)
  }

  #raise(position: number, key: number, time: number): void {
    this.#raises.add(position, key, time, this.#marks.set(key, time))
  }

  /** Gives what it was before, or a bound of it. */
  #raiseNewest(entity: number, time: number): number {
    const before = this.#newest.set(entity, time)
    if (before > time) this.#newest.set(entity, before)
    if (time > this.#newestOfAll) this.#newestOfAll = time
    const bound = Math.max(Number.isNaN(before) ? NEVER : before, this.#newestOfOthers)
    if (this.#newest.size < ENTITIES_MAX) return bound
    this.#newest.clear()
    this.#newestOfOthers = this.#newestOfAll
    return bound
  }
}
