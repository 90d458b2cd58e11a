/**
 * When what a lane last sent of each attribute was observed: what is older must not take its place, since no broker looks at
 * observedAt. Marks rise as messages are sent, in their order, and are saved with the cursor that passes these messages.
 */

import type { Companion } from '../journal/companion.ts'
import type { Change, Engine } from '../journal/engine.ts'
import {
  createMarksChange,
  createSetsChange,
  joinMarks,
  loadMarks,
  loadSets,
  MARK_BYTES,
  type MarksPlace,
  RECORD_BYTES,
  removeMarks,
  type StoredMarks,
} from '../journal/marks.ts'
import type { EntityText } from '../reading.ts'
import { AttributeSets } from './attribute-sets.ts'
import { EntityMarks } from './entity-marks.ts'

/** Of 100,000 entities at least; those that were heard of least lately are forgotten first. Takes 32 MiB at most. */
export const MARKS_MAX = 1_500_000
/** Records are made one when they take so much more than what they say. */
const WASTE_FACTOR = 2
const WASTE_BYTES = 4 * 1024 * 1024
/** Of a key, or of a time. */
const PAIR_BYTES = MARK_BYTES / 2

export interface HighWaterOptions extends MarksPlace {
  readonly engine: Engine
  /** Records may take so much more than what they say. */
  readonly wasteBytes?: number
  /** Hears when records could not be put in order; that is tried again. */
  readonly onFailure: (error: unknown) => void
}

export class HighWater implements Companion {
  readonly #options: HighWaterOptions
  readonly #marks: EntityMarks
  #number: number
  #recordBytes: number
  /** Of the record that is being saved. */
  #pairsBytes = 0
  /** How many sets of attributes are on disk, and how many are being saved. */
  #setsSaved: number
  #setsSaving = 0
  #joining: Promise<void> | undefined

  /** A lane that was set back has its destination get everything again: nothing of that is late. */
  static async open(options: HighWaterOptions, cursor: number): Promise<HighWater> {
    const stored = await loadMarks(options.engine, options, MARKS_MAX)
    if (stored.cursor <= cursor) {
      return new HighWater(options, stored, new AttributeSets(await loadSets(options.engine, options)))
    }
    await removeMarks(options.engine, options, stored.last)
    return HighWater.open(options, cursor)
  }

  private constructor(options: HighWaterOptions, { marks, last, bytes }: StoredMarks, sets: AttributeSets) {
    this.#options = options
    this.#marks = new EntityMarks(marks, sets)
    this.#setsSaved = sets.size
    this.#number = last
    this.#recordBytes = bytes
  }

  /** The names of attributes that are older than what was sent before; the others raise their marks. */
  pass(entity: EntityText, position: number, now: number): readonly string[] {
    return this.#marks.pass(entity, position, now)
  }

  /** The message at this position was not delivered: its marks fall back. */
  fall(position: number): void {
    this.#marks.fall(position)
  }

  getChanges(before: number): readonly Change[] {
    const { raises, sets } = this.#marks
    const pairs = raises.getPairs(before)
    this.#pairsBytes = pairs.length * PAIR_BYTES
    if (pairs.length === 0) return []
    const marks = createMarksChange(this.#options, { number: this.#number + 1, cursor: before, pairs })
    this.#setsSaving = sets.size
    return sets.size === this.#setsSaved ? [marks] : [marks, createSetsChange(this.#options, sets.toRecord())]
  }

  onSaved(before: number): void {
    this.#marks.raises.drop(before)
    if (this.#pairsBytes === 0) return
    this.#number += 1
    this.#setsSaved = this.#setsSaving
    this.#recordBytes += this.#pairsBytes + RECORD_BYTES
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
}
