/** The messages of one tenant that wait for their commit, in the order in which they came. */
import type { Message } from '../reading.ts'
import { ChunkWriter } from './chunk.ts'
import type { Change } from './engine.ts'

export type Done = (error?: Error) => void

/** What one commit takes of a tenant. */
export interface Batch {
  readonly tenant: string
  /** Absent where there are only answers that keep their place in the row. */
  readonly chunk: Buffer | undefined
  readonly count: number
  readonly bytes: number
  readonly dones: readonly Done[]
  /** What is to be on disk together with the messages. */
  readonly beside: readonly Change[]
}

interface Held {
  readonly batch: Batch
  readonly since: number
  triedAt: number
}

/** How often it is tried again whether there is room. */
export const RETRY_MS = 100

export class Intake {
  readonly tenant: string
  readonly #writer = new ChunkWriter()
  #dones: Done[] = []
  #beside: Change[] = []
  #bytes = 0
  #held: Held | undefined
  #isWriting = false

  constructor(tenant: string) {
    this.tenant = tenant
  }

  /** Payload bytes that are not answered yet. */
  waitingBytes = 0

  /** How many answers the next commit could give; none while there is no room. */
  get ready(): number {
    return this.#held === undefined ? this.#dones.length : 0
  }

  get isHeld(): boolean {
    return this.#held !== undefined
  }

  get isIdle(): boolean {
    return this.#dones.length === 0 && this.#held === undefined && !this.#isWriting
  }

  append(message: Message, done: Done, beside?: Change): void {
    if (beside !== undefined) this.#beside.push(beside)
    this.#bytes += message.payload.length
    this.waitingBytes += message.payload.length
    this.#writer.append(message)
    this.#dones.push(done)
  }

  /** An answer that only keeps its place in the row. */
  pass(done: Done): void {
    this.#dones.push(() => done())
  }

  /** What is to be written now: first what there was no room for. */
  take(now: number): Batch | undefined {
    if (this.#held !== undefined) {
      if (now - this.#held.triedAt < RETRY_MS) return undefined
      this.#held.triedAt = now
      this.#isWriting = true
      return this.#held.batch
    }
    if (this.#dones.length === 0) return undefined
    const { count } = this.#writer
    const chunk = count === 0 ? undefined : this.#writer.finish(Date.now())
    const { tenant } = this
    const batch = { tenant, chunk, count, bytes: this.#bytes, dones: this.#dones, beside: this.#beside }
    this.#dones = []
    if (batch.beside.length > 0) this.#beside = []
    this.#bytes = 0
    this.#isWriting = true
    return batch
  }

  /** There is no room for a batch; nothing that came after it is taken before it. False once that has lasted too long. */
  hold(batch: Batch, now: number, patienceMs: number): boolean {
    this.#held ??= { batch, since: now, triedAt: now }
    this.#isWriting = false
    return now - this.#held.since < patienceMs
  }

  /** A batch is on disk. */
  settle(batch: Batch): void {
    this.#release(batch)
    for (const done of batch.dones) done()
  }

  /**
   * A batch is not stored. Nothing behind it is either: its client loses its connection and sends all of it again, and what had been
   * stored in between would then be older than what came before it.
   */
  refuse(batch: Batch, error: Error): void {
    this.#release(batch)
    for (const done of batch.dones) done(error)
    const behind = this.take(0)
    if (behind !== undefined) this.refuse(behind, error)
  }

  #release(batch: Batch): void {
    this.#held = undefined
    this.#isWriting = false
    this.waitingBytes -= batch.bytes
  }
}
