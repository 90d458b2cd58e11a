/** The last imports on disk, without their rows: what was asked is known after a restart, and what was cut off says so. */
import type { Engine } from '../journal/engine.ts'
import type { Verdict } from './import-devices.ts'

/** An import without its rows. */
export interface ImportRecord {
  readonly id: string
  readonly tenant: string
  readonly dryRun: boolean
  /** failed, and interrupted by the end of the agent: nothing more is done; `problem` says why, and what has a verdict was done. */
  readonly state: 'running' | 'finished' | 'failed' | 'interrupted'
  readonly problem?: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly endedAt?: number
  /** Rows by what became of them, or would. */
  readonly counts: Readonly<Record<Verdict, number>>
  readonly warnings: readonly string[]
}

export interface ImportRecords {
  /** Rejects where the disk does not take it. */
  save(record: ImportRecord, gone?: readonly string[]): Promise<void>
}

const TABLE = 'imports'
const PLACE = 'job'
const CUT_OFF = 'the agent has ended; import the file again'

export function createImportRecords(engine: Pick<Engine, 'commit'>): ImportRecords {
  return {
    save: (record, gone = []) =>
      engine.commit([
        { table: TABLE, key: [PLACE, record.id], value: Buffer.from(JSON.stringify(record)) },
        ...gone.map(id => ({ table: TABLE, key: [PLACE, id] }) as const),
      ]),
  }
}

/** Oldest first. What was under way when the agent ended was interrupted. */
export async function loadImportRecords(engine: Pick<Engine, 'range'>): Promise<readonly ImportRecord[]> {
  const entries = await engine.range(TABLE, { within: [PLACE], from: [PLACE], limit: 1_000 })
  return entries
    .map(({ value }) => JSON.parse(value.toString()) as ImportRecord)
    .map(record => (record.state === 'running' ? interrupt(record) : record))
    .sort((one, other) => one.startedAt - other.startedAt)
}

export function interrupt<T extends ImportRecord>(job: T): T {
  return { ...job, state: 'interrupted', problem: CUT_OFF }
}
