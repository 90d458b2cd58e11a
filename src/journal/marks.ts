/**
 * When what was last delivered was observed, by a hash of entity and attribute, or of entity and a set of attributes. A record has the marks that were raised between two
 * saves of a lane's cursor, and is committed with the second of them, so a crash never parts the two. Records are read in their
 * order, and the later one holds; when there are many of them they are made one.
 */

import type { Change, Engine, Entry, Key } from './engine.ts'
import { NumberTable } from './number-table.ts'

export interface MarksPlace {
  readonly tenant: string
  readonly destination: string
}

export interface StoredMarks {
  readonly marks: NumberTable
  /** The cursor that the last record was saved with. */
  readonly cursor: number
  /** The number of the last record, or -1. */
  readonly last: number
  /** What all records take. */
  readonly bytes: number
}

/** The cursor, then pairs of key and time, all f64 in little endian. */
const HEADER_BYTES = 8
export const MARK_BYTES = 16
/** What a record takes beside its pairs, roughly: its cursor, its key, its place in the store. */
export const RECORD_BYTES = 64
/** In place of a number: which attributes share marks. */
const SETS_NUMBER = -1
const PAGE_RECORDS = 64

/** `pairs` are keys and times by turns. */
export function createMarksChange(
  { tenant, destination }: MarksPlace,
  record: { readonly number: number; readonly cursor: number; readonly pairs: Float64Array },
): Change & { readonly value: Buffer } {
  const { number, cursor, pairs } = record
  const value = Buffer.allocUnsafe(HEADER_BYTES + pairs.byteLength)
  value.writeDoubleLE(cursor, 0)
  value.set(toBytes(pairs), HEADER_BYTES)
  return { table: 'marks', key: [tenant, destination, number], value }
}

/** Which attributes share marks, in place of what was there. */
export function createSetsChange({ tenant, destination }: MarksPlace, sets: Float64Array): Change {
  return { table: 'marks', key: [tenant, destination, SETS_NUMBER], value: Buffer.from(toBytes(sets)) }
}

/** Empty where no attributes share marks yet. */
export async function loadSets(engine: Engine, { tenant, destination }: MarksPlace): Promise<Float64Array> {
  const value = await engine.get('marks', [tenant, destination, SETS_NUMBER])
  return value === undefined ? new Float64Array() : toNumbers(value)
}

/** `most` is how many marks are kept. */
export async function loadMarks(
  engine: Engine,
  place: MarksPlace,
  most: number,
  upTo = Number.POSITIVE_INFINITY,
): Promise<StoredMarks> {
  const marks = new NumberTable(most)
  const found = { cursor: 0, last: -1, bytes: 0 }
  for await (const { key, value } of readRecords(engine, place)) {
    const number = Number(key[2])
    if (number > upTo) break
    found.cursor = value.readDoubleLE(0)
    found.last = number
    found.bytes += value.length + RECORD_BYTES
    const pairs = toNumbers(value.subarray(HEADER_BYTES))
    for (let at = 0; at < pairs.length; at += 2) marks.set(pairs[at] ?? 0, pairs[at + 1] ?? 0)
  }
  return { marks, ...found }
}

/** Makes one record of all up to this one. Gives its bytes. What is saved meanwhile stays behind it. */
export async function joinMarks(
  engine: Engine,
  place: MarksPlace,
  { most, upTo }: { readonly most: number; readonly upTo: number },
): Promise<number> {
  const { marks, cursor, last } = await loadMarks(engine, place, most, upTo)
  const joined = createMarksChange(place, { number: last, cursor, pairs: marks.toPairs() })
  await engine.commit([...(await createRemovals(engine, place, last - 1)), joined])
  return joined.value.length + RECORD_BYTES
}

/** Forgets all marks: the lane was set back, and what it delivers again is not late. */
export async function removeMarks(engine: Engine, place: MarksPlace, upTo: number): Promise<void> {
  await engine.commit(await createRemovals(engine, place, upTo))
}

/** Forgets some of them, while their lane is not open. Gives how many there were. */
export async function forgetMarks(
  engine: Engine,
  place: MarksPlace,
  {
    keys,
    most,
    dryRun,
  }: { readonly keys: Iterable<number>; readonly most: number; readonly dryRun: boolean },
): Promise<number> {
  const { marks, cursor, last } = await loadMarks(engine, place, most)
  let forgotten = 0
  for (const key of keys) {
    if (Number.isNaN(marks.get(key))) continue
    marks.set(key, Number.NaN)
    forgotten += 1
  }
  if (forgotten === 0 || dryRun) return forgotten
  const joined = createMarksChange(place, { number: last, cursor, pairs: marks.toPairs() })
  await engine.commit([...(await createRemovals(engine, place, last - 1)), joined])
  return forgotten
}

async function createRemovals(engine: Engine, place: MarksPlace, upTo: number): Promise<readonly Change[]> {
  const keys: Key[] = []
  for await (const { key } of readRecords(engine, place)) {
    if (Number(key[2]) > upTo) break
    keys.push(key)
  }
  return keys.map(key => ({ table: 'marks', key }))
}

async function* readRecords(engine: Engine, { tenant, destination }: MarksPlace): AsyncGenerator<Entry> {
  const within = [tenant, destination]
  let next = 0
  let entries: readonly Entry[]
  do {
    entries = await engine.range('marks', { within, from: [...within, next], limit: PAGE_RECORDS })
    for (const entry of entries) {
      next = Number(entry.key[2]) + 1
      yield entry
    }
  } while (entries.length === PAGE_RECORDS)
}

/** As they are in memory: every processor that the agent runs on is little endian. */
function toBytes(numbers: Float64Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
}

function toNumbers(bytes: Uint8Array): Float64Array {
  return new Float64Array(Uint8Array.from(bytes).buffer)
}
