/** Runs vendors' codec scripts in threads that can be terminated, so that nothing that a script does reaches or delays anything else. */
import { ApartThreads } from './apart-threads.ts'
import { CallQueue } from './call-queue.ts'
import type { Codec, CodecInput, CodecLimits } from './codec.ts'
import { CodecHome } from './codec-home.ts'

export interface PoolOptions {
  /** Hears when a codec is suspended, with the reason, and when it has run again without meeting a limit (without one). */
  readonly onTrouble?: (codec: string, trouble: string | undefined) => void
  readonly onStartFailed?: (error: unknown) => void
  /** Threads for well-behaved codecs. Each codec keeps to one, and so its order. */
  readonly threads: number
  readonly limits: CodecLimits
  /** The built codec-thread.js. Only code that runs from its sources has to name it. */
  readonly threadUrl?: URL
}

/** Crossing the thread boundary costs about 100 µs for one call and 1 µs for one of a hundred; larger batches gain nothing. */
const BATCH_MAX = 128

export class CodecPool {
  readonly #options: PoolOptions
  readonly #shared: readonly CallQueue[]
  readonly #apartThreads: ApartThreads
  readonly #homes = new Map<string, CodecHome>()

  /** Starts the threads ahead of the first call. Rejects when they cannot be started. */
  static async open(options: PoolOptions): Promise<CodecPool> {
    const pool = new CodecPool(options)
    await Promise.all(pool.#shared.map(queue => queue.open()))
    return pool
  }

  /** Costs nothing yet: each thread starts with its first call. */
  constructor(options: PoolOptions) {
    this.#options = options
    this.#shared = Array.from({ length: options.threads }, () => this.#createQueue(BATCH_MAX))
    // One call at a time, so that each runs once and the limit that it meets is its own.
    this.#apartThreads = new ApartThreads(() => this.#createQueue(1))
  }

  /**
   * The decoded data: a plain JSON value within the limits, without own `__proto__` keys. Rejects with SCRIPT_LIMIT and the limit that
   * was met, with SCRIPT_SUSPENDED, or with DECODE_FAILED and the codec's own words. The calls of one codec are answered in their order.
   * How many wait is the caller's to bound.
   */
  async decode(codec: Codec, input: CodecInput): Promise<unknown> {
    return this.#getHome(codec.id).decode(codec, input)
  }

  /**
   * Ends all threads. Calls that are under way are never answered: an answer would settle their messages, which can be decoded after the
   * next start.
   */
  async close(): Promise<void> {
    for (const home of this.#homes.values()) home.close()
    await Promise.all([this.#apartThreads.close(), ...this.#shared.map(queue => queue.close())])
  }

  #createQueue(batchMax: number): CallQueue {
    const { limits, threadUrl = new URL('./codec-thread.js', import.meta.url), onStartFailed } = this.#options
    return new CallQueue({
      thread: { limits, url: threadUrl },
      batchMax,
      onStopped: (call, limit) => this.#getHome(call.codec.id).judge(call, limit),
      onStartFailed: error => onStartFailed?.(error),
    })
  }

  #getHome(id: string): CodecHome {
    const known = this.#homes.get(id)
    if (known !== undefined) return known
    const shared = this.#shared[this.#homes.size % this.#shared.length]
    if (shared === undefined) throw new Error('expected a pool with at least one thread')
    const { limits, onTrouble } = this.#options
    const home = new CodecHome({
      shared,
      apartThreads: this.#apartThreads,
      limits,
      onTrouble: trouble => onTrouble?.(id, trouble),
    })
    this.#homes.set(id, home)
    return home
  }
}
