/** Imports under way and the last ones that have ended: one of a tenant at a time, each with its progress and its verdicts. */
import { randomUUID } from 'node:crypto'
import { getMessage } from '../errors.ts'
import type { Actor } from '../provisioning/provisioning.ts'
import {
  type DeviceStore,
  ImportInterrupted,
  importDevices,
  type LineVerdict,
  VERDICTS,
  type Verdict,
} from './import-devices.ts'
import { type ImportRecord, type ImportRecords, interrupt } from './import-records.ts'

export interface ImportJob extends ImportRecord {
  /** In the order of the rows; none of an import before the last start. */
  readonly lines: readonly LineVerdict[]
}

export interface ImportOrder {
  readonly tenant: string
  readonly actor: Actor
  readonly dryRun: boolean
  /** For rows that name none. */
  readonly profile?: string | undefined
  readonly bytes: Buffer
}

export interface ImportJobsOptions {
  readonly store: DeviceStore
  /** Of the profiles that devices of the tenant may have. */
  readonly getProfileIds: (tenant: string) => ReadonlySet<string>
  /** Hears of the devices that an import has made or changed, before it ends. */
  readonly onDevices?: (tenant: string, ids: readonly string[]) => Promise<void>
  readonly onEnd?: (job: ImportJob) => void
  /** Those of before the last start, oldest first. */
  readonly known?: readonly ImportRecord[]
  readonly records?: ImportRecords
  readonly onNotSaved?: (error: unknown) => void
}

interface Job extends ImportJob {
  state: ImportJob['state']
  problem?: string
  endedAt?: number
  readonly counts: Record<Verdict, number>
  readonly warnings: string[]
  readonly lines: LineVerdict[]
}

const KEPT = 20
/** Between two saves of one that is under way. */
const SAVE_MS = 1_000
const WARNINGS_MAX = 100

export class ImportJobs {
  readonly #options: ImportJobsOptions
  /** Oldest first. */
  readonly #jobs = new Map<string, Job>()
  readonly #running = new Set<Promise<void>>()
  readonly #stop = new AbortController()
  #lastSave: Promise<unknown> = Promise.resolve()

  constructor(options: ImportJobsOptions) {
    this.#options = options
    for (const record of options.known ?? [])
      this.#jobs.set(record.id, { ...record, counts: { ...record.counts }, warnings: [], lines: [] })
  }

  /** Nothing while an import of that tenant is under way. */
  start(order: ImportOrder): ImportJob | undefined {
    const { tenant, dryRun } = order
    const jobs = [...this.#jobs.values()]
    if (jobs.some(job => job.tenant === tenant && job.state === 'running')) return undefined
    const counts = Object.fromEntries(VERDICTS.map(verdict => [verdict, 0])) as Record<Verdict, number>
    const about = { id: randomUUID(), tenant, dryRun, startedAt: Date.now() }
    const job: Job = { ...about, state: 'running', counts, warnings: [], lines: [] }
    this.#jobs.set(job.id, job)
    const old = jobs.filter(({ state }) => state !== 'running').slice(0, Math.max(0, jobs.length + 1 - KEPT))
    for (const { id } of old) this.#jobs.delete(id)
    this.#save(
      job,
      old.map(({ id }) => id),
    )
    const run = this.#run(job, order).finally(() => this.#running.delete(run))
    this.#running.add(run)
    return job
  }

  get(id: string): ImportJob | undefined {
    return this.#jobs.get(id)
  }

  /** What is under way ends after the part that it is at. */
  async close(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#running)
  }

  async #run(job: Job, { tenant, actor, dryRun, profile, bytes }: ImportOrder): Promise<void> {
    const { store, getProfileIds } = this.#options
    let savedAt = Date.now()
    try {
      await importDevices(bytes, {
        ...{ tenant, actor, dryRun, store, signal: this.#stop.signal },
        profiles: { ids: getProfileIds(tenant), byDefault: profile },
        onLines: lines => {
          job.lines.push(...lines)
          for (const { verdict } of lines) job.counts[verdict] += 1
          if (Date.now() - savedAt < SAVE_MS) return
          savedAt = Date.now()
          this.#save(job)
        },
        onWarnings: warnings => {
          const fresh = warnings.filter(warning => !job.warnings.includes(warning))
          job.warnings.push(...fresh.slice(0, Math.max(0, WARNINGS_MAX - job.warnings.length)))
        },
      })
      await this.#tell(job)
      job.state = 'finished'
    } catch (error) {
      const { state, problem } =
        error instanceof ImportInterrupted
          ? interrupt(job)
          : ({ state: 'failed', problem: getMessage(error) } as const)
      Object.assign(job, { state, problem })
    }
    job.endedAt = Date.now()
    this.#save(job)
    await this.#lastSave
    this.#options.onEnd?.(job)
  }

  /** As it is by then. */
  #save({ lines: _lines, ...record }: Job, gone: readonly string[] = []): void {
    const { records, onNotSaved } = this.#options
    const saved = { ...record, counts: { ...record.counts } }
    this.#lastSave = this.#lastSave.then(() => records?.save(saved, gone)).catch(error => onNotSaved?.(error))
  }

  async #tell({ tenant, dryRun, lines }: Job): Promise<void> {
    const ids = lines.flatMap(({ id, verdict }) =>
      id !== undefined && (verdict === 'created' || verdict === 'updated') ? [id] : [],
    )
    if (!dryRun && ids.length > 0) await this.#options.onDevices?.(tenant, ids)
  }
}
