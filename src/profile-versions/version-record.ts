/** A version as it lies in the engine: written once, never changed. */
import { z } from 'zod'
import type { Change, Engine } from '../journal/engine.ts'

const recordSchema = z.object({
  format: z.enum(['yaml', 'json']),
  /** As it was sent, with its comments. */
  text: z.string(),
  /** Milliseconds since the epoch. */
  createdAt: z.number(),
  /** Who sent it. */
  createdBy: z.string(),
  note: z.string().optional(),
})

export type VersionRecord = z.output<typeof recordSchema>

export interface ProfilePlace {
  /** Absent for profiles that all tenants share. */
  readonly tenant?: string | undefined
  readonly id: string
}

const TABLE = 'profiles'
const PAGE = 100

export function putVersion(place: ProfilePlace, version: number, record: VersionRecord): Change {
  return { table: TABLE, key: toKey(place, version), value: Buffer.from(JSON.stringify(record)) }
}

export async function readVersion(
  engine: Engine,
  place: ProfilePlace,
  version: number,
): Promise<VersionRecord | undefined> {
  const bytes = await engine.get(TABLE, toKey(place, version))
  return bytes === undefined ? undefined : parse(bytes)
}

/** From the newest one on, that which is numbered `from`. */
export async function listVersions(
  engine: Engine,
  place: ProfilePlace,
  { from, limit }: { readonly from: number; readonly limit: number },
): Promise<readonly (VersionRecord & { readonly version: number })[]> {
  const range = { within: toPrefix(place), from: toKey(place, from), limit, backwards: true }
  const entries = await engine.range(TABLE, range)
  return entries.map(({ key, value }) => ({ ...parse(value), version: Number(key.at(-1)) }))
}

/** Of a profile that is gone. */
export async function removeVersions(engine: Engine, place: ProfilePlace): Promise<void> {
  for (;;) {
    const entries = await engine.range(TABLE, {
      ...{ within: toPrefix(place), from: toKey(place, 0), limit: PAGE },
    })
    if (entries.length === 0) return
    await engine.commit(entries.map(({ key }) => ({ table: TABLE, key })))
  }
}

function toKey(place: ProfilePlace, version: number) {
  return [...toPrefix(place), version]
}

function toPrefix({ tenant = '', id }: ProfilePlace) {
  return [tenant, id]
}

function parse(bytes: Buffer): VersionRecord {
  return recordSchema.parse(JSON.parse(bytes.toString()))
}
