/** The draining thread's end of the thread of shadow runs: what goes over is bounded, and what does not fit is left out. */
import { Worker } from 'node:worker_threads'
import type {
  BirthsByTenant,
  FindingsByPlan,
  ShadowAnswer,
  ShadowMessage,
  ShadowPlan,
  ShadowRequest,
  ShadowValidation,
} from './shadow-plan.ts'

export interface LinkOptions {
  readonly validation: ShadowValidation
  /** Hears that the thread is gone, and why: it takes nothing more. */
  readonly onEnd: (reason: string) => void
}

const MEMORY_MB = 256

export class ShadowThreadLink {
  readonly #worker: Worker
  readonly #asked = new Map<number, (findings: FindingsByPlan) => void>()
  #nextId = 0
  #under = 0
  #closed = false

  constructor({ validation, onEnd }: LinkOptions) {
    this.#worker = new Worker(new URL('./shadow-thread.js', import.meta.url), {
      workerData: validation,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    })
    this.#worker.on('message', (told: ShadowAnswer) => this.#hear(told))
    let reason = 'it ended'
    this.#worker.on('error', error => {
      reason = error.message
    })
    this.#worker.on('exit', () => {
      for (const answer of this.#asked.values()) answer({})
      this.#asked.clear()
      if (!this.#closed) onEnd(reason)
    })
  }

  /** Messages that it has not mapped yet. */
  get underWay(): number {
    return this.#under
  }

  use(plans: readonly ShadowPlan[], births: BirthsByTenant, known: FindingsByPlan): void {
    this.#post({ kind: 'use', plans, births, known })
  }

  take(messages: readonly ShadowMessage[]): void {
    this.#under += messages.length
    this.#post({ kind: 'take', messages })
  }

  /** By the keys of plans; of a thread that is gone nothing. */
  report(): Promise<FindingsByPlan> {
    const id = this.#nextId++
    return new Promise(resolve => {
      this.#asked.set(id, resolve)
      this.#post({ kind: 'report', id })
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#worker.terminate()
  }

  #post(request: ShadowRequest): void {
    this.#worker.postMessage(request)
  }

  #hear(told: ShadowAnswer): void {
    if (told.kind === 'taken') {
      this.#under -= told.messages
      return
    }
    this.#asked.get(told.id)?.(told.findings)
    this.#asked.delete(told.id)
  }
}
