/**
 * When what a lane last sent of each attribute was observed: what is older must not take its place, since no broker looks at
 * observedAt. Marks rise as messages are sent, in their order, and are saved with the cursor that passes these messages.
 */

import type { Companion } from '../journal/companion.ts'
import type { Change, Engine } from '../journal/engine.ts'
import {
  createMarksChange,
  joinMarks,
  loadMarks,
  MARK_BYTES,
  type MarksPlace,
  removeMarks,
  type StoredMarks,
} from '../journal/marks.ts'
import type { NumberTable } from '../journal/number-table.ts'
import type { EntityText } from '../reading.ts'
import { remember } from '../remember.ts'
import { hashPair, hashText } from './hash.ts'
import { Raises } from './raises.ts'

/** Some 100,000 entities; those that were heard of least lately are forgotten first. Takes 32 MiB at most. */
const MARKS_MAX = 1_500_000
/** Records are made one when they take so much more than what they say. */
const WASTE_FACTOR = 2
const WASTE_BYTES = 4 * 1024 * 1024
const HASHES_MAX = 20_000
/** Of a key, or of a time. */
const PAIR_BYTES = MARK_BYTES / 2
const NONE: readonly string[] = []

export interface HighWaterOptions extends MarksPlace {
  readonly engine: Engine
  /** Records may take so much more than what they say. */
  readonly wasteBytes?: number
  /** Hears when records could not be put in order; that is tried again. */
  readonly onFailure: (error: unknown) => void
}

export class HighWater implements Companion {
  readonly #options: HighWaterOptions
  readonly #marks: NumberTable
  readonly #raises = new Raises()
  /** Of ids and names. */
  readonly #hashes = new Map<string, number>()
  #number: number
  #recordBytes: number
  /** Of the record that is being saved. */
  #pairsBytes = 0
  #joining: Promise<void> | undefined

  /** A lane that was set back has its destination get everything again: nothing of that is late. */
  static async open(options: HighWaterOptions, cursor: number): Promise<HighWater> {
    const stored = await loadMarks(options.engine, options, MARKS_MAX)
    if (stored.cursor <= cursor) return new HighWater(options, stored)
    await removeMarks(options.engine, options, stored.last)
    return HighWater.open(options, cursor)
  }

  private constructor(options: HighWaterOptions, { marks, last, bytes }: StoredMarks) {
    this.#options = options
    this.#marks = marks
    this.#number = last
    this.#recordBytes = bytes
  }

  /**
   * The names of attributes that are older than what was sent before; the others raise their marks. A mark beyond the agent's own
   * time (`now`) was made by a clock that ran ahead, and holds nothing back.
   */
  pass({ id, attributes, observedAt, times }: EntityText, position: number, now: number): readonly string[] {
    const entity = this.#hash(id)
    let late: string[] | undefined
    // For each attribute of each message: without an iterator.
    for (let index = 0; index < attributes.length; index++) {
      const name = attributes[index] ?? ''
      const key = hashPair(entity, this.#hash(name))
      const time = times?.[index] ?? observedAt
      const before = this.#marks.set(key, time)
      if (before > time && before <= now) {
        this.#marks.set(key, before)
        late ??= []
        late.push(name)
      } else {
        this.#raises.add(position, key, time, before)
      }
    }
    return late ?? NONE
  }

  /** The message at this position was not delivered: its marks fall back. */
  fall(position: number): void {
    this.#raises.undo(position, this.#marks)
  }

  getChanges(before: number): readonly Change[] {
    const pairs = this.#raises.getPairs(before)
    this.#pairsBytes = pairs.length * PAIR_BYTES
    if (pairs.length === 0) return []
    return [createMarksChange(this.#options, { number: this.#number + 1, cursor: before, pairs })]
  }

  onSaved(before: number): void {
    this.#raises.drop(before)
    if (this.#pairsBytes === 0) return
    this.#number += 1
    this.#recordBytes += this.#pairsBytes
    const most = this.#marks.size * MARK_BYTES * WASTE_FACTOR + (this.#options.wasteBytes ?? WASTE_BYTES)
    if (this.#recordBytes > most) this.#joining ??= this.#join()
  }

  /** Waits for what is under way on disk. */
  async close(): Promise<void> {
    await this.#joining
  }

  async #join(): Promise<void> {
    const { engine, onFailure } = this.#options
    const bytesBefore = this.#recordBytes
    try {
      const bytes = await joinMarks(engine, this.#options, { most: MARKS_MAX, upTo: this.#number })
      this.#recordBytes += bytes - bytesBefore
    } catch (error) {
      onFailure(error)
    } finally {
      this.#joining = undefined
    }
  }

  #hash(text: string): number {
    const known = this.#hashes.get(text)
    return known ?? remember(this.#hashes, text, hashText(text), HASHES_MAX)
  }
}
