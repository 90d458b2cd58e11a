/** Runs drafts beside the main thread, which sensors wait for: one after the other, each with a bound on time and memory. */
import { Worker } from 'node:worker_threads'
import type { Checked } from '../document.ts'
import { TromostError } from '../errors.ts'
import type { DraftJob, DraftTested } from './draft.ts'
import type { ShownTrial } from './shown-trial.ts'

type Done = Checked<ShownTrial | DraftTested>

const JOB_MS_MAX = 15_000
const WAITING_MAX = 8
const RESOURCES = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 }

export class DraftJobs {
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  /** Rejects with TRIAL_FAILED where it takes too long or too much, or where too many wait. */
  run(job: DraftJob): Promise<Done> {
    if (this.#waiting >= WAITING_MAX) {
      return Promise.reject(new TromostError('TRIAL_FAILED', `expected at most ${WAITING_MAX} at once`))
    }
    this.#waiting += 1
    const result = this.#last.then(() => runInThread(job))
    this.#last = result
      .catch(() => undefined)
      .then(() => {
        this.#waiting -= 1
      })
    return result
  }
}

function runInThread(job: DraftJob): Promise<Done> {
  const worker = new Worker(new URL('./draft-thread.js', import.meta.url), {
    ...{ workerData: job, env: {}, execArgv: [], resourceLimits: RESOURCES },
  })
  return new Promise<Done>((resolve, reject) => {
    const fail = (detail: string) => reject(new TromostError('TRIAL_FAILED', detail))
    const timer = setTimeout(() => fail(`expected an end within ${JOB_MS_MAX} ms`), JOB_MS_MAX)
    worker.once('message', (done: Done) => resolve(done))
    worker.once('error', error => fail(error.message))
    worker.once('exit', () => {
      clearTimeout(timer)
      fail('expected an answer, got none')
    })
  }).finally(() => void worker.terminate())
}
