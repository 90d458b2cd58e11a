/** The way in: a message is acknowledged once the chunk that holds it is on disk, in the order in which messages came. */
import { getMessage, TromostError } from '../errors.ts'
import type { Message } from '../reading.ts'
import { ChunkWriter } from './chunk.ts'
import { CommitWindow } from './commit-window.ts'
import type { Change, Engine } from './engine.ts'
import { createHeadChange, type Head, loadHeads } from './head.ts'
import { Retention, type RetentionOptions } from './retention.ts'

export interface JournalOptions extends RetentionOptions {
  /** Whether the disk has less room left than it must keep. Asked before each commit, since LMDB does not survive a write that fails. */
  readonly isDiskFull: () => boolean
}

type Done = (error?: Error) => void

/** Who waits for an answer. */
interface Waiting {
  /** Absent for an answer that only keeps its place in the row. */
  readonly tenant?: string
  readonly done: Done
}

interface FinishedChunk {
  readonly tenant: string
  readonly count: number
  readonly chunk: Buffer
}

/** What one commit adds for one tenant. */
interface ChunkRecord {
  readonly tenant: string
  readonly position: number
  readonly chunk: Buffer
  readonly head: Head
}

/** What waits for a flush that does not come is held in memory; past this bound it is refused instead. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024

export class Journal {
  readonly #engine: Engine
  readonly #heads: Map<string, Head>
  readonly #retention: Retention
  readonly #isDiskFull: () => boolean
  readonly #onStored: (tenant: string, next: number) => void
  readonly #window = new CommitWindow()
  /** The chunk of each tenant that the next commit writes. */
  readonly #writers = new Map<string, ChunkWriter>()
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #committing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  /** `onStored` hears after each flush up to where each of its tenants can be read. */
  static async open(
    engine: Engine,
    options: JournalOptions,
    onStored: (tenant: string, next: number) => void,
  ): Promise<Journal> {
    const heads = await loadHeads(engine)
    const retention = await Retention.open(engine, heads, options)
    return new Journal(engine, heads, retention, options.isDiskFull, onStored)
  }

  private constructor(
    engine: Engine,
    heads: Map<string, Head>,
    retention: Retention,
    isDiskFull: () => boolean,
    onStored: (tenant: string, next: number) => void,
  ) {
    this.#engine = engine
    this.#heads = heads
    this.#retention = retention
    this.#isDiskFull = isDiskFull
    this.#onStored = onStored
  }

  /** Stores a message. `done` is called after the flush, in the order of the calls; with an error when it is not stored. */
  append(message: Message, done: Done): void {
    if (this.#waitingBytes + message.payload.length > WAITING_BYTES_MAX) {
      done(new TromostError('JOURNAL_FAILED', `${this.#waiting.length} messages wait for a flush already`))
      return
    }
    this.#waitingBytes += message.payload.length
    this.#window.count()
    this.#getWriter(message.tenant).append(message)
    this.#waiting.push({ tenant: message.tenant, done })
    this.#schedule()
  }

  /** Calls `done` once everything appended before it is answered: MQTT-4.6.0-2 wants answers in order, also those for what is not kept. */
  passAfter(done: Done): void {
    if (this.#waiting.length === 0 && this.#committing === undefined) {
      done()
      return
    }
    this.#waiting.push({ done })
    this.#schedule()
  }

  /** How many messages of a tenant were ever received. */
  getReceived(tenant: string): number {
    return this.#heads.get(tenant)?.next ?? 0
  }

  /** What the records take on disk. */
  getBytes(): number {
    return this.#retention.getBytes()
  }

  /** Removes what all lanes have settled and retention no longer asks for. */
  async expire(now: number = Date.now()): Promise<void> {
    await this.#retention.expire(now)
  }

  /** Nothing is removed while this work goes on. */
  hold<T>(work: () => Promise<T>): Promise<T> {
    return this.#retention.hold(work)
  }

  /** Writes what waits, then takes nothing more. The engine stays open: it is not the journal's own. */
  async close(): Promise<void> {
    while (this.#waiting.length > 0 || this.#committing !== undefined) {
      await (this.#committing ?? this.#commit())
    }
  }

  #getWriter(tenant: string): ChunkWriter {
    const known = this.#writers.get(tenant)
    if (known !== undefined) return known
    const writer = new ChunkWriter()
    this.#writers.set(tenant, writer)
    return writer
  }

  #schedule(): void {
    if (this.#committing !== undefined) return
    const delayMs = this.#window.getDelayMs(this.#waiting.length)
    if (delayMs === 0) {
      clearTimeout(this.#timer)
      // Not at once: the other PUBLISH packets of the same read are still to come in this turn.
      this.#committing = new Promise<void>(resolve => setImmediate(resolve)).then(() => this.#commit())
    } else {
      this.#timer ??= setTimeout(() => this.#commit(), delayMs)
    }
  }

  #commit(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const taken = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    this.#committing = this.#write(taken, this.#finishChunks()).finally(() => {
      this.#committing = undefined
      if (this.#waiting.length > 0) this.#schedule()
    })
    return this.#committing
  }

  #finishChunks(): readonly FinishedChunk[] {
    const now = Date.now()
    return [...this.#writers]
      .filter(([, { count }]) => count > 0)
      .map(([tenant, writer]) => ({ tenant, count: writer.count, chunk: writer.finish(now) }))
  }

  async #write(taken: readonly Waiting[], chunks: readonly FinishedChunk[]): Promise<void> {
    const refused = new Map<string, Error>()
    let failure: Error | undefined
    try {
      await this.#flush(await this.#createRecords(chunks, refused))
    } catch (error) {
      failure = toFailure(error)
    }
    answer(taken, tenant => refused.get(tenant) ?? failure)
  }

  async #createRecords(
    chunks: readonly FinishedChunk[],
    refused: Map<string, Error>,
  ): Promise<readonly ChunkRecord[]> {
    const records: ChunkRecord[] = []
    if (chunks.length > 0 && this.#isDiskFull()) {
      throw new TromostError('DISK_FULL', 'expected more free than journal.diskReserve')
    }
    for (const { tenant, count, chunk } of chunks) {
      if (await this.#retention.makeRoom(tenant, chunk.length)) {
        const { next, bytes } = this.#heads.get(tenant) ?? { next: 0, bytes: 0 }
        const head = { next: next + count, bytes: bytes + chunk.length }
        records.push({ tenant, position: next, chunk, head })
      } else {
        const detail = `tenant ${tenant}: no room for ${chunk.length} bytes`
        refused.set(tenant, new TromostError('JOURNAL_FULL', detail))
      }
    }
    return records
  }

  async #flush(records: readonly ChunkRecord[]): Promise<void> {
    if (records.length === 0) return
    await this.#engine.commit(records.flatMap(toChanges))
    for (const { tenant, head } of records) {
      this.#heads.set(tenant, head)
      this.#onStored(tenant, head.next)
    }
  }
}

function toFailure(error: unknown): TromostError {
  if (error instanceof TromostError) return error
  return new TromostError('JOURNAL_FAILED', getMessage(error), { cause: error })
}

function toChanges({ tenant, position, chunk, head }: ChunkRecord): readonly Change[] {
  return [{ table: 'chunks', key: [tenant, position], value: chunk }, createHeadChange(tenant, head)]
}

function answer(taken: readonly Waiting[], getFailure: (tenant: string) => Error | undefined): void {
  for (const { tenant, done } of taken) {
    done(tenant === undefined ? undefined : getFailure(tenant))
  }
}
