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

/** The entries that a filter means, oldest first, behind one position and before another. Each part is read when it is asked for. */
export async function* findQuarantined(
  engine: Engine,
  lane: { readonly tenant: string; readonly destination: string },
  filter: QuarantineFilter,
  { after = -1, end = Number.POSITIVE_INFINITY }: { readonly after?: number; readonly end?: number } = {},
): AsyncGenerator<readonly QuarantinedMessage[]> {
  const { tenant, destination } = lane
  const parts =
    filter.positions === undefined
      ? readAll(engine, { tenant, destination }, after)
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
  after: number,
): AsyncGenerator<readonly QuarantinedMessage[]> {
  let part: readonly QuarantinedMessage[]
  let last = after
  do {
    part = await listQuarantine(engine, { ...lane, after: last, limit: PART_ENTRIES })
    last = part.at(-1)?.position ?? last
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

/** The first entries behind a position that a filter means. */
export async function listMeant(
  engine: Engine,
  query: {
    readonly tenant: string
    readonly destination: string
    readonly filter: QuarantineFilter
    readonly after?: number
    readonly limit: number
  },
): Promise<readonly QuarantinedMessage[]> {
  const { filter, after = -1, limit } = query
  const meant: QuarantinedMessage[] = []
  for await (const part of findQuarantined(engine, query, filter, { after })) {
    meant.push(...part)
    if (meant.length >= limit) break
  }
  return meant.slice(0, limit)
}
