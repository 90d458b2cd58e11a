/**
 * One codec thread and its watchdog. No engine's own time limit stops a native loop, so the thread is watched from outside and
 * terminated when one call takes too long.
 */
import { Worker } from 'node:worker_threads'
import {
  type BatchCall,
  type BatchReply,
  parseProgress,
  RESTING,
  type Stop,
  type ThreadPlan,
} from './batch.ts'
import type { CodecLimits } from './codec.ts'

export interface ThreadOptions {
  readonly limits: CodecLimits
  readonly url: URL
}

/**
 * Time is counted in looks at the thread, and only as far as the process got processor time since the look before: neither a pause
 * of the process nor a busy machine is held against the script.
 */
const LOOK_MS = 20
/** What gets next to no processor time ends after so many times its limit. */
const PATIENCE = 20
/**
 * The thread's own JavaScript handles strings only. Its stack is that of the engine too, which needs many times the bytes that a script
 * is allowed.
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8, stackSizeMb: 16 }

export class WatchedThread {
  readonly #limits: CodecLimits
  readonly #worker: Worker
  readonly #progress: Int32Array
  #settle: ((reply: BatchReply) => void) | undefined
  #watch: NodeJS.Timeout | undefined
  #ended = false

  /** Resolves when the thread takes batches, rejects when it cannot be started. */
  static async start({ limits, url }: ThreadOptions): Promise<WatchedThread> {
    const progress = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
    const workerData: ThreadPlan = { limits, progress }
    // Neither the environment nor the flags of the process are a script's business.
    const worker = new Worker(url, { workerData, env: {}, execArgv: [], resourceLimits: RESOURCE_LIMITS })
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve())
      worker.once('error', reject)
      worker.once('exit', code =>
        reject(new Error(`the codec thread ended with code ${code} before it was ready`)),
      )
    })
    return new WatchedThread(worker, new Int32Array(progress), limits)
  }

  private constructor(worker: Worker, progress: Int32Array, limits: CodecLimits) {
    this.#worker = worker
    this.#progress = progress
    this.#limits = limits
    worker.on('message', (reply: string) => this.#settle?.(JSON.parse(reply) as BatchReply))
    // A thread that runs out of its heap says so here, and then exits.
    worker.on('error', () => {})
    worker.on('exit', () => {
      this.#ended = true
      this.#settle?.({ answers: [], stopped: this.#getStop('memory') })
    })
  }

  /** Whether another thread has to take its place. */
  get ended(): boolean {
    return this.#ended
  }

  /** Runs one batch at a time; after a reply with `stopped` the thread has ended. */
  async run(calls: readonly BatchCall[]): Promise<BatchReply> {
    const replied = new Promise<BatchReply>(resolve => {
      this.#settle = resolve
    })
    Atomics.store(this.#progress, 0, RESTING)
    this.#worker.postMessage(JSON.stringify(calls))
    this.#watch = setInterval(this.#createLook(), LOOK_MS)
    const reply = await replied
    clearInterval(this.#watch)
    if (reply.stopped !== undefined) await this.close()
    return reply
  }

  /** Ends the thread. A batch that it runs is never replied to. */
  async close(): Promise<void> {
    this.#settle = undefined
    clearInterval(this.#watch)
    await this.#worker.terminate()
  }

  #createLook(): () => void {
    let seen = RESTING
    let looks = 0
    let spentMs = 0
    let used = process.cpuUsage()
    return () => {
      const progress = Atomics.load(this.#progress, 0)
      const { user, system } = process.cpuUsage(used)
      used = process.cpuUsage()
      const isAtSame = progress === seen && progress !== RESTING
      looks = isAtSame ? looks + 1 : 0
      spentMs = isAtSame ? spentMs + Math.min(LOOK_MS, (user + system) / 1_000) : 0
      seen = progress
      const { timeMs, loadMs } = this.#limits
      const limitMs = parseProgress(progress).loading ? loadMs : timeMs
      if (spentMs >= limitMs || looks * LOOK_MS >= limitMs * PATIENCE)
        this.#settle?.({ answers: [], stopped: this.#getStop('time') })
    }
  }

  #getStop(limit: Stop['limit']): Stop {
    return { index: parseProgress(Atomics.load(this.#progress, 0)).index, limit }
  }
}
