/** The main thread's end of the draining thread: starts it, tells it that there is more, asks it questions, restarts it when it dies. */
import { Worker } from 'node:worker_threads'
import type { EgressPlan } from '../egress/egress.ts'
import { getMessage, TromostError } from '../errors.ts'
import type { UsedProfile } from '../profiles/used-profile.ts'
import type { Command } from '../reading.ts'
import type { RegistryChange } from '../registry/registry-data.ts'
import type { ShadowPlan } from '../shadow/shadow-plan.ts'
import type { DrainAnswers, DrainPlan, DrainReport, DrainRequest, LogLevel, Question } from './protocol.ts'
import type { TailFilter, TailReport } from './tail.ts'

/** Where the thread's log lines go. */
export type DrainLog = Readonly<Record<LogLevel, (fields: object) => void>>

type Provisioned = Pick<DrainPlan, 'registry' | 'destinations'> &
  Partial<Pick<DrainPlan, 'profiles' | 'shadows'>>

interface Asked {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

const RESTART_MS = 1_000
/**
 * Room for what is under way to be settled before the collector has to copy it. More of it saves processor time, and is taken
 * whenever a backlog drains: with this much that stays within 60 MiB of the idle agent.
 */
const YOUNG_GENERATION_MB = 64

export class Draining {
  #plan: DrainPlan
  readonly #log: DrainLog
  readonly #getProvisioned: () => Provisioned
  readonly #asked = new Map<number, Asked>()
  #worker: Worker | undefined
  #nextId = 0
  #closed = false

  /** Sends a message to clients of the broker. There is none yet when the first lanes open, and so nobody to hear it. */
  onCommand: (command: Command) => void = () => {}

  /** Hears of settled messages, when somebody listens. */
  onTail: (report: TailReport) => void = () => {}

  /** Resolves when all lanes are open. `getProvisioned` is asked when the thread has to start again. */
  static async start(
    plan: DrainPlan,
    log: DrainLog,
    getProvisioned: () => Provisioned = () => plan,
  ): Promise<Draining> {
    const draining = new Draining(plan, log, getProvisioned)
    try {
      await draining.#start()
      return draining
    } catch (error) {
      draining.#closed = true
      throw error
    }
  }

  private constructor(plan: DrainPlan, log: DrainLog, getProvisioned: () => Provisioned) {
    this.#plan = plan
    this.#log = log
    this.#getProvisioned = getProvisioned
  }

  /** There are messages of a tenant up to this position. */
  announce(tenant: string, head: number): void {
    this.#post({ kind: 'announce', tenant, head })
  }

  ask<Q extends Question>(question: Q, ...args: Parameters<DrainAnswers[Q]>): ReturnType<DrainAnswers[Q]> {
    const id = this.#nextId++
    const answer = new Promise<unknown>((resolve, reject) => {
      if (this.#worker === undefined) reject(createRestartError())
      else this.#asked.set(id, { resolve, reject })
    })
    this.#post({ kind: 'ask', id, question, argument: args[0] })
    return answer as ReturnType<DrainAnswers[Q]>
  }

  /** In place of those before. A thread that is just starting again starts with them. */
  async useProfiles(profiles: readonly UsedProfile[]): Promise<void> {
    this.#plan = { ...this.#plan, profiles }
    if (this.#worker !== undefined) await this.ask('useProfiles', profiles)
  }

  /** In place of those before. */
  async useShadows(shadows: readonly ShadowPlan[]): Promise<void> {
    this.#plan = { ...this.#plan, shadows }
    if (this.#worker !== undefined) await this.ask('useShadows', shadows)
  }

  /** Where requests may lead from now on. */
  async useEgress(egress: EgressPlan): Promise<void> {
    this.#plan = { ...this.#plan, egress }
    if (this.#worker !== undefined) await this.ask('useEgress', egress)
  }

  /** Which messages `onTail` hears of. A thread that is just starting again starts with them. */
  async listen(filters: readonly TailFilter[]): Promise<void> {
    this.#plan = { ...this.#plan, tail: filters }
    if (this.#worker !== undefined) await this.ask('listen', filters)
  }

  /** What `getProvisioned` gives already, or is about to: a thread that is just starting again starts with it. */
  async applyChanges(changes: readonly RegistryChange[]): Promise<void> {
    if (this.#worker === undefined || changes.length === 0) return
    await this.ask('applyChanges', changes)
  }

  /** Lets requests under way end within `graceMs`; what is not confirmed by then is sent again after the next start. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true
    // A thread that cannot answer has nothing to save that its next start would miss.
    await this.ask('close', graceMs).catch(() => undefined)
    await this.#worker?.terminate()
  }

  #post(request: DrainRequest): void {
    this.#worker?.postMessage(request)
  }

  #start(): Promise<void> {
    const worker = new Worker(new URL('./drain-thread.js', import.meta.url), {
      workerData: { ...this.#plan, ...this.#getProvisioned() },
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    })
    const ready = new Promise<void>((resolve, reject) => {
      worker.on('message', (report: DrainReport) => this.#hear(report, resolve))
      worker.on('error', error => {
        this.#log.error({ msg: 'the draining thread failed', error: getMessage(error) })
        reject(error)
      })
    })
    worker.on('exit', () => this.#restart())
    this.#worker = worker
    return ready
  }

  #hear(report: DrainReport, onReady: () => void): void {
    if (report.kind === 'ready') onReady()
    if (report.kind === 'log') this.#log[report.level](report.fields)
    if (report.kind === 'tail') this.onTail(report.tail)
    if (report.kind === 'command')
      this.onCommand({ ...report.command, payload: Buffer.from(report.command.payload) })
    if (report.kind !== 'answer') return
    const asked = this.#asked.get(report.id)
    this.#asked.delete(report.id)
    if (report.error === undefined) asked?.resolve(report.value)
    else asked?.reject(new Error(report.error))
  }

  /** Nothing is lost with the thread: its lanes start again from their cursors. */
  #restart(): void {
    this.#worker = undefined
    for (const { reject } of this.#asked.values()) reject(createRestartError())
    this.#asked.clear()
    if (this.#closed) return
    setTimeout(() => {
      if (!this.#closed) this.#start().catch(() => {})
    }, RESTART_MS)
  }
}

function createRestartError(): TromostError {
  return new TromostError('DRAINING_RESTARTS', 'it is back in a moment')
}
