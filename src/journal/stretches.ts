/**
 * What became of each single message before the cursor of a lane: a byte for each, in records of fixed length. With them a lane can be
 * set back to any message, and its counts are those that it had there.
 */
import type { Change, Engine } from './engine.ts'
import { TERMS, type Term } from './lane-state.ts'

interface LanePlace {
  readonly tenant: string
  readonly destination: string
}

/** Messages of one record, and its length in bytes. A byte is the place of the fate in TERMS, from 1 on; 0 was never written, and is unknown. */
const STRETCH_MESSAGES = 1_024
/** Old records are looked for once in so many new ones, and removed faster than they come. */
const NEW_FOR_A_SWEEP = 16
const REMOVED_AT_ONCE = 64

/** The changes of one commit to the fates of one lane. */
export class FateChanges {
  readonly #engine: Engine
  readonly #place: LanePlace
  readonly #stretches = new Map<number, Buffer>()

  constructor(engine: Engine, place: LanePlace) {
    this.#engine = engine
    this.#place = place
  }

  async put(position: number, fates: readonly (Term | undefined)[]): Promise<void> {
    for (let done = 0; done < fates.length; ) {
      const offset = (position + done) % STRETCH_MESSAGES
      const stretch = await this.#open(position + done - offset)
      const count = Math.min(STRETCH_MESSAGES - offset, fates.length - done)
      for (let index = 0; index < count; index++) {
        const fate = fates[done + index]
        stretch[offset + index] = fate === undefined ? 0 : TERMS.indexOf(fate) + 1
      }
      done += count
    }
  }

  toChanges(): readonly Change[] {
    return [...this.#stretches].map(([start, value]) => ({ ...toKey(this.#place, start), value }))
  }

  async #open(start: number): Promise<Buffer> {
    const known = this.#stretches.get(start)
    if (known !== undefined) return known
    const stretch = await readStretch(this.#engine, this.#place, start)
    this.#stretches.set(start, stretch)
    return stretch
  }
}

/** How many messages ended in each way, of those from one position up to another. Unknown ones are not counted. */
export async function countFates(
  engine: Engine,
  place: LanePlace,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<ReadonlyMap<Term, number>> {
  const counts = new Map<Term, number>()
  for (let start = getStretchStart(from); start < to; start += STRETCH_MESSAGES) {
    const stretch = await readStretch(engine, place, start)
    for (const code of stretch.subarray(Math.max(0, from - start), to - start)) {
      const term = TERMS[code - 1]
      if (term !== undefined) counts.set(term, (counts.get(term) ?? 0) + 1)
    }
  }
  return counts
}

function getStretchStart(position: number): number {
  return position - (position % STRETCH_MESSAGES)
}

/** Removes the oldest records, where their messages are not in the journal any more; now and then, as the lane goes from one position to another. */
export async function createSweep(
  engine: Engine,
  { tenant, destination }: LanePlace,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<readonly Change[]> {
  const step = STRETCH_MESSAGES * NEW_FOR_A_SWEEP
  if (Math.floor(from / step) === Math.floor(to / step)) return []
  const [oldest] = await engine.range('chunks', { within: [tenant], from: [tenant], limit: 1 })
  const kept = getStretchStart(oldest === undefined ? from : Number(oldest.key[1]))
  const within = [tenant, destination]
  const stretches = await engine.range('stretches', { within, from: within, limit: REMOVED_AT_ONCE })
  return stretches
    .filter(({ key }) => Number(key[2]) < Math.min(kept, getStretchStart(from)))
    .map(({ key }) => ({ table: 'stretches', key }))
}

async function readStretch(engine: Engine, place: LanePlace, start: number): Promise<Buffer> {
  const stretch = Buffer.alloc(STRETCH_MESSAGES)
  const stored = await engine.get('stretches', toKey(place, start).key)
  stored?.copy(stretch)
  return stretch
}

function toKey({ tenant, destination }: LanePlace, start: number) {
  return { table: 'stretches' as const, key: [tenant, destination, start] }
}
