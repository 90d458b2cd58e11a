/** The calls that wait for one codec thread, in order. The thread is started when there is work, and again when it was stopped. */
import type { Answer } from './answer.ts'
import { type BatchCall, type Stop, toInputJson } from './batch.ts'
import type { Codec, CodecInput } from './codec.ts'
import { type ThreadOptions, WatchedThread } from './watched-thread.ts'

/** One message on its way through the sandbox. */
export interface Call {
  readonly codec: Codec
  readonly input: CodecInput
  readonly answer: (answer: Answer) => void
  /** For a call that is not run at all. */
  readonly refuse: (error: Error) => void
}

export interface QueueOptions {
  readonly thread: ThreadOptions
  readonly batchMax: number
  /** The thread was stopped in this call. The call still waits, with those that were not answered, unless it is withdrawn now. */
  readonly onStopped: (call: Call, limit: Stop['limit']) => void
  /** The thread could not be started. What waits goes on waiting, and it is tried again. */
  readonly onStartFailed: (error: unknown) => void
}

/** A batch holds up to this many bytes of input, so that large payloads do not pile up in the thread. */
const BATCH_BYTES_MAX = 256 * 1_024
const RESTART_MS = 1_000

export class CallQueue {
  readonly #options: QueueOptions
  #waiting: Call[] = []
  #thread: WatchedThread | undefined
  /** The scripts that the thread has. */
  readonly #sources = new Map<string, string>()
  #serving = false
  #closed = false

  constructor(options: QueueOptions) {
    this.#options = options
  }

  /** Starts the thread ahead of the first call. Rejects when it cannot be started. */
  async open(): Promise<void> {
    if (this.#thread?.ended === false) return
    this.#sources.clear()
    this.#thread = await WatchedThread.start(this.#options.thread)
    if (this.#closed) await this.#thread.close()
  }

  add(call: Call): void {
    this.#waiting.push(call)
    if (this.#serving) return
    this.#serving = true
    // What is added in the same turn goes into the same batch.
    queueMicrotask(() => this.#serve())
  }

  /** Takes calls out again that are not being run, in their order. */
  withdraw(matches: (call: Call) => boolean): readonly Call[] {
    const withdrawn = this.#waiting.filter(matches)
    this.#waiting = this.#waiting.filter(call => !matches(call))
    return withdrawn
  }

  /** Ends the thread. What waits is not answered any more. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#thread?.close()
  }

  async #serve(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#closed) {
      try {
        await this.open()
      } catch (error) {
        // The machine's trouble of the moment, most likely: nothing is lost by waiting.
        this.#options.onStartFailed(error)
        await new Promise(resolve => setTimeout(resolve, RESTART_MS))
        continue
      }
      if (this.#thread !== undefined && !this.#closed) await this.#run(this.#thread, this.#takeBatch())
    }
    this.#serving = false
  }

  async #run(thread: WatchedThread, calls: readonly Call[]): Promise<void> {
    const { answers, stopped } = await thread.run(calls.map(call => this.#toBatchCall(call)))
    for (const [index, answer] of answers.entries()) calls[index]?.answer(answer)
    if (stopped === undefined) return
    this.#waiting = [...calls.slice(answers.length), ...this.#waiting]
    const culprit = calls[stopped.index]
    if (culprit !== undefined) this.#options.onStopped(culprit, stopped.limit)
  }

  #takeBatch(): readonly Call[] {
    let bytes = 0
    let count = 0
    for (const { input } of this.#waiting.slice(0, this.#options.batchMax)) {
      bytes += input.bytes.length
      if (count > 0 && bytes > BATCH_BYTES_MAX) break
      count += 1
    }
    return this.#waiting.splice(0, count)
  }

  #toBatchCall({ codec: { id, source }, input: message }: Call): BatchCall {
    const input = toInputJson(message)
    if (this.#sources.get(id) === source) return { codec: id, input }
    this.#sources.set(id, source)
    return { codec: id, source, input }
  }
}
