/** Which entries of a quarantine are meant, and those of one lane, in parts. */
import type { Engine } from './engine.ts'
import { getQuarantined, listQuarantine, type QuarantinedMessage } from './quarantine.ts'

/** All that is given has to hold. With nothing given every entry is meant. */
export interface QuarantineFilter {
  /** Of these entries only. */
  readonly positions?: readonly number[]
  /** The error code. */
  readonly reason?: string
  readonly device?: string
  /** In quarantine since before this time, in milliseconds since the epoch. */
  readonly before?: number
}

/** Entries hold whole messages, so few are in memory at once. */
const PART_ENTRIES = 100

/** The entries that a filter means, oldest first, of those below the position `end`. Each part is read when it is asked for. */
export async function* findQuarantined(
  engine: Engine,
  lane: { readonly tenant: string; readonly destination: string },
  filter: QuarantineFilter,
  end: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<readonly QuarantinedMessage[]> {
  const { tenant, destination } = lane
  const parts =
    filter.positions === undefined
      ? readAll(engine, { tenant, destination })
      : readOnly(engine, { tenant, destination }, filter.positions)
  for await (const part of parts) {
    const meant = part.filter(entry => entry.position < end && isMeant(entry, filter))
    if (meant.length > 0) yield meant
    // A large quarantine is gone through beside the lanes, and not in place of them.
    await new Promise(resolve => setImmediate(resolve))
  }
}

async function* readAll(
  engine: Engine,
  lane: { readonly tenant: string; readonly destination: string },
): AsyncGenerator<readonly QuarantinedMessage[]> {
  let part: readonly QuarantinedMessage[]
  let after = -1
  do {
    part = await listQuarantine(engine, { ...lane, after, limit: PART_ENTRIES })
    after = part.at(-1)?.position ?? after
    yield part
  } while (part.length === PART_ENTRIES)
}

async function* readOnly(
  engine: Engine,
  lane: { readonly tenant: string; readonly destination: string },
  positions: readonly number[],
): AsyncGenerator<readonly QuarantinedMessage[]> {
  const sorted = [...new Set(positions)].sort((one, other) => one - other)
  for (let start = 0; start < sorted.length; start += PART_ENTRIES) {
    const part: QuarantinedMessage[] = []
    for (const position of sorted.slice(start, start + PART_ENTRIES)) {
      const entry = await getQuarantined(engine, { ...lane, position })
      if (entry !== undefined) part.push(entry)
    }
    yield part
  }
}

function isMeant(entry: QuarantinedMessage, { reason, device, before }: QuarantineFilter): boolean {
  return (
    (reason === undefined || entry.code === reason) &&
    (device === undefined || entry.device === device) &&
    (before === undefined || entry.quarantinedAt < before)
  )
}
