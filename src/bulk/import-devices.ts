/**
 * Devices of a file into the registry, some in each commit, with a verdict for each row. The same file once more changes
 * nothing: what is as the row wants it is `unchanged`.
 */
import { setImmediate as breathe, setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Provisioning } from '../provisioning/live-provisioning.ts'
import type { Actor, Edit, Refusal } from '../provisioning/provisioning.ts'
import { deviceSchema } from '../registry/provision.ts'
import { readCsv } from './csv-rows.ts'
import type { KnownProfiles } from './find-profile.ts'
import { readJson } from './json-rows.ts'
import { readText } from './read-text.ts'
import { FileProblem, type Row, type RowSource } from './row.ts'
import { readDeviceId, toDevice } from './to-device.ts'

export const VERDICTS = ['created', 'updated', 'unchanged', 'refused'] as const
export type Verdict = (typeof VERDICTS)[number]

/** What became of one row, or would. */
export interface LineVerdict {
  /** In CSV the line on which the row begins, in JSON the place in the list; both from 1. */
  readonly line: number
  /** Absent where the row gives none. */
  readonly id?: string
  readonly verdict: Verdict
  /** Why it was refused. */
  readonly problem?: string
}

/** What an import needs of the registry. */
export type DeviceStore = Pick<Provisioning, 'get' | 'change'>

export interface ImportOptions {
  readonly tenant: string
  readonly actor: Actor
  readonly dryRun: boolean
  readonly profiles: KnownProfiles
  readonly store: DeviceStore
  readonly onLines: (lines: readonly LineVerdict[]) => void
  readonly onWarnings: (warnings: readonly string[]) => void
  /** Ends it between two parts. */
  readonly signal?: AbortSignal
}

interface Wish {
  readonly line: number
  readonly verdict: 'created' | 'updated'
  readonly edit: Edit
}

/** A part is checked in a few milliseconds, which is as long as a PUBACK waits for it; and yet a flush to disk is shared by many. */
const PART_ROWS = 16
/** Between two parts: readings come first, and nobody waits for the last device of ten thousand within the second. */
const REST_MS = 4
/** A file with more rows than that is none of devices. */
const ROWS_MAX = 200_000

/** The agent ends: what was done stays, and the file may come again. */
export class ImportInterrupted extends Error {}

/** Rejects with a FileProblem where nothing of the file can be used. */
export async function importDevices(bytes: Buffer, options: ImportOptions): Promise<void> {
  // The request for it is answered first.
  await breathe()
  const { rows, getWarnings } = openRows(bytes)
  const lines = new Map<string, number>()
  let part: Row[] = []
  let count = 0
  for await (const row of rows) {
    part.push(row)
    count += 1
    if (count > ROWS_MAX) throw new FileProblem(`expected at most ${ROWS_MAX} rows, got more`)
    if (part.length < PART_ROWS) continue
    await importPart(part, lines, options)
    if (options.signal?.aborted) throw new ImportInterrupted()
    part = []
    await delay(REST_MS)
  }
  await importPart(part, lines, options)
  options.onWarnings(getWarnings())
}

/** JSON begins with a bracket, which no header of CSV does. */
function openRows(bytes: Buffer): RowSource {
  const { text, problem } = readText(bytes)
  if (problem !== undefined) throw new FileProblem(problem)
  return /^[\s\uFEFF]*[[{]/.test(text) ? readJson(text) : readCsv(text)
}

async function importPart(
  rows: readonly Row[],
  lines: Map<string, number>,
  options: ImportOptions,
): Promise<void> {
  const wishes: Wish[] = []
  const verdicts: LineVerdict[] = []
  for (const row of rows) {
    const judged = judgeRow(row, lines, options)
    if ('edit' in judged) wishes.push(judged)
    else verdicts.push(judged)
  }
  await breathe()
  verdicts.push(...(await carryOut(wishes, options)))
  options.onLines(verdicts.sort((one, other) => one.line - other.line))
}

/** What is to be done for a row, or its verdict where there is nothing to do. */
function judgeRow(row: Row, lines: Map<string, number>, options: ImportOptions): Wish | LineVerdict {
  const { line, cells } = row
  if (cells === undefined) return { line, verdict: 'refused', problem: row.problem }
  const { tenant, store, profiles } = options
  const { id, problem } = readDeviceId(cells, tenant)
  if (problem !== undefined) return { line, verdict: 'refused', problem }
  const first = lines.get(id)
  if (first !== undefined)
    return {
      line,
      id,
      verdict: 'refused',
      problem: `id: expected one row for each device, got ${JSON.stringify(id)}, which row ${first} is about`,
    }
  lines.set(id, line)
  const place = { kind: 'device', tenant, id } as const
  const existing = store.get(place)
  const read = toDevice(cells, { tenant, id }, existing?.value as Record<string, unknown>, profiles)
  if (read.problem !== undefined) return { line, id, verdict: 'refused', problem: read.problem }
  if (existing !== undefined && isSame(existing.value, read.value)) return { line, id, verdict: 'unchanged' }
  const edit = { ...place, value: read.value, ifRevision: existing?.revision ?? 0 }
  return { line, verdict: existing === undefined ? 'created' : 'updated', edit }
}

/** As the schema reads it: a place in a grid is kept as its degrees. */
function isSame(before: unknown, after: unknown): boolean {
  return isDeepStrictEqual(deviceSchema.safeParse(after).data, before)
}

/** All that can be done, in one commit; what is refused keeps nothing else back. */
async function carryOut(
  wishes: readonly Wish[],
  { store, actor, dryRun, onWarnings }: ImportOptions,
): Promise<readonly LineVerdict[]> {
  const verdicts: LineVerdict[] = []
  let left = wishes
  while (left.length > 0) {
    const edits = left.map(({ edit }) => edit)
    const answer = await store.change(edits, { actor, dryRun })
    if (answer.refusals === undefined) {
      onWarnings(answer.warnings)
      verdicts.push(...left.map(({ line, verdict, edit }) => ({ line, id: edit.id, verdict })))
      break
    }
    const { refusals } = answer
    const isRefused = ({ edit }: Wish) => refusals.some(({ place }) => place.id === edit.id)
    // A refusal that names none of them concerns all.
    const refused = left.some(isRefused) ? left.filter(isRefused) : left
    verdicts.push(...refused.map(wish => toRefused(wish, refusals)))
    left = left.filter(wish => !refused.includes(wish))
  }
  return verdicts
}

function toRefused({ line, edit: { id } }: Wish, refusals: readonly Refusal[]): LineVerdict {
  const own = refusals.filter(({ place }) => place.id === id)
  const problems = (own.length > 0 ? own : refusals).map(describeRefusal)
  return { line, id, verdict: 'refused', problem: problems.join('; ') }
}

function describeRefusal({ code, faults }: Refusal): string {
  if (faults.length === 0) return code
  return faults
    .map(({ key, problem }) => (key === '' ? problem : `${key.replace(/^devices\.\d+\./, '')}: ${problem}`))
    .join('; ')
}
