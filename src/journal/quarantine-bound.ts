/** Which entries leave a quarantine that would be past its bounds: the oldest ones, be they on disk or still on their way there. */
import type { Engine } from './engine.ts'
import { listQuarantine } from './quarantine.ts'
import type { EntryWeight, QuarantineSize } from './quarantine-moves.ts'

export interface QuarantineBounds {
  readonly tenant: string
  readonly destination: string
  readonly quarantineMaxEntries: number
  readonly quarantineMaxBytes: number
}

/** What a save would leave in quarantine. */
interface Planned extends QuarantineSize {
  /** Entries that are not on disk yet. */
  readonly coming: readonly EntryWeight[]
  /** Entries that the same save moves, and what they take then: nothing where they leave. */
  readonly moved: ReadonlyMap<number, number>
}

/** A bound that was made much smaller is reached in several commits. */
export const EXCESS_AT_ONCE = 4_096
/** An entry may be as large as a packet, and what leaves is not to fill the memory. */
const READ_AT_ONCE = 16

export async function findExcess(
  engine: Engine,
  bounds: QuarantineBounds,
  { coming, moved, ...size }: Planned,
): Promise<readonly EntryWeight[]> {
  let excessMessages = size.messages - bounds.quarantineMaxEntries
  let excessBytes = size.bytes - bounds.quarantineMaxBytes
  const excess: EntryWeight[] = []
  if (excessMessages <= 0 && excessBytes <= 0) return excess
  for await (const entry of readOldestFirst(engine, bounds, coming)) {
    const bytes = moved.get(entry.position) ?? entry.bytes
    if (bytes === 0) continue
    excess.push(entry)
    excessMessages -= entry.messages
    excessBytes -= bytes
    if ((excessMessages <= 0 && excessBytes <= 0) || excess.length === EXCESS_AT_ONCE) break
  }
  return excess
}

async function* readOldestFirst(
  engine: Engine,
  { tenant, destination }: QuarantineBounds,
  coming: readonly EntryWeight[],
): AsyncGenerator<EntryWeight> {
  for (let after = -1, more = true; more; ) {
    const part = await listQuarantine(engine, { tenant, destination, after, limit: READ_AT_ONCE })
    for (const { position, code, messages, bytes } of part) yield { position, code, messages, bytes }
    after = part.at(-1)?.position ?? after
    more = part.length === READ_AT_ONCE
  }
  yield* [...coming].sort((one, other) => one.position - other.position)
}
