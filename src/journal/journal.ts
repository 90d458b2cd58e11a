/** The way in: a message is acknowledged once the chunk that holds it is on disk, in the order in which messages came. */
import { TromostError } from '../errors.ts'
import type { Message } from '../reading.ts'
import { type ChunkRecord, toChanges, toFailure } from './chunk-record.ts'
import { CommitWindow } from './commit-window.ts'
import type { Change, Engine } from './engine.ts'
import { FillAlarm } from './fill-alarm.ts'
import { type Head, loadHeads } from './head.ts'
import { type Batch, type Done, Intake, RETRY_MS } from './intake.ts'
import type { JournalOptions } from './journal-options.ts'
import { type LanePlace, Retention } from './retention.ts'
import type { JournalUsage } from './room.ts'

export type { JournalOptions } from './journal-options.ts'

/** What waits for a flush that does not come is held in memory; past this bound it is refused instead. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024
/** So much every tenant may have, however many there are. */
const WAITING_BYTES_FREE = 1024 * 1024

export class Journal {
  readonly #engine: Engine
  readonly #heads: Map<string, Head>
  readonly #retention: Retention
  readonly #options: JournalOptions
  readonly #alarm: FillAlarm
  readonly #onStored: (tenant: string, next: number) => void
  readonly #window = new CommitWindow()
  readonly #intakes = new Map<string, Intake>()
  #committing: Promise<void> | undefined
  /** How many answers the next commit could give. */
  #ready = 0
  #timer: NodeJS.Timeout | undefined
  /** Looks again whether there is room. */
  #retry: NodeJS.Timeout | undefined
  #isClosing = false

  /** `onStored` hears after each flush up to where each of its tenants can be read. */
  static async open(
    engine: Engine,
    options: JournalOptions,
    onStored: (tenant: string, next: number) => void,
  ): Promise<Journal> {
    const heads = await loadHeads(engine)
    const retention = await Retention.open(engine, heads, options)
    return new Journal(engine, heads, retention, options, onStored)
  }

  private constructor(
    engine: Engine,
    heads: Map<string, Head>,
    retention: Retention,
    options: JournalOptions,
    onStored: (tenant: string, next: number) => void,
  ) {
    this.#engine = engine
    this.#heads = heads
    this.#retention = retention
    this.#options = options
    this.#alarm = new FillAlarm(retention.room, options.onFill ?? (() => {}))
    this.#onStored = onStored
    for (const tenant of heads.keys()) this.#alarm.look(tenant)
  }

  /**
   * Stores a message. `done` is called after the flush, in the order of the calls for its tenant; with an error when it is not
   * stored. `beside` is on disk together with it, or not at all.
   */
  append(message: Message, done: Done, beside?: Change): void {
    const intake = this.#getIntake(message.tenant)
    const waitingBytes = intake.waitingBytes + message.payload.length
    if (waitingBytes > WAITING_BYTES_FREE && waitingBytes > this.#getShare(intake)) {
      const waiting = `${intake.waitingBytes} bytes wait for a flush already`
      done(new TromostError('JOURNAL_FAILED', `tenant ${message.tenant}: ${waiting}`))
      return
    }
    this.#window.count()
    intake.append(message, done, beside)
    if (!intake.isHeld) this.#ready += 1
    this.#schedule()
  }

  /**
   * Calls `done` once everything appended before it for the tenant is answered: MQTT-4.6.0-2 wants answers in order, also those
   * for what is not kept.
   */
  passAfter(tenant: string, done: Done): void {
    const intake = this.#intakes.get(tenant)
    if (intake === undefined || intake.isIdle) {
      done()
      return
    }
    intake.pass(done)
    if (!intake.isHeld) this.#ready += 1
    this.#schedule()
  }

  /** How many messages of a tenant were ever received. */
  getReceived(tenant: string): number {
    return this.#heads.get(tenant)?.next ?? 0
  }

  /** Whether messages of a tenant wait for room. */
  isHolding(tenant: string): boolean {
    return this.#intakes.get(tenant)?.isHeld ?? false
  }

  /** What the records of all tenants take. */
  getBytes(): number {
    return this.#retention.room.bytes
  }

  /** The same for each tenant, with its bound. */
  getUsage(): JournalUsage {
    return this.#retention.room.getUsage()
  }

  /** Removes what all lanes have settled and retention no longer asks for. */
  async expire(now: number = Date.now()): Promise<void> {
    await this.#retention.expire(now)
    for (const tenant of this.#heads.keys()) this.#alarm.look(tenant)
  }

  /** The lanes that there are from now on: whoever reads a tenant's messages. */
  useLanes(lanes: readonly LanePlace[]): void {
    this.#retention.useLanes(lanes)
  }

  /** Nothing is removed while this work goes on. */
  hold<T>(work: () => Promise<T>): Promise<T> {
    return this.#retention.hold(work)
  }

  /** Writes what waits, then takes nothing more; what there is no room for is refused. The engine stays open: it is not the journal's own. */
  async close(): Promise<void> {
    this.#isClosing = true
    const isWaiting = () => [...this.#intakes.values()].some(({ isIdle }) => !isIdle)
    while (isWaiting() || this.#committing !== undefined) {
      await (this.#committing ?? this.#commit())
    }
  }

  #getIntake(tenant: string): Intake {
    const known = this.#intakes.get(tenant)
    if (known !== undefined) return known
    const intake = new Intake(tenant)
    this.#intakes.set(tenant, intake)
    return intake
  }

  /** All that may wait is for a tenant that is alone with it; of many none takes the part of another. */
  #getShare(intake: Intake): number {
    let waiting = intake.waitingBytes === 0 ? 1 : 0
    for (const { waitingBytes } of this.#intakes.values()) {
      if (waitingBytes > 0) waiting += 1
    }
    return WAITING_BYTES_MAX / waiting
  }

  #schedule(): void {
    if (this.#committing !== undefined || this.#ready === 0) return
    const delayMs = this.#window.getDelayMs(this.#ready)
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
    clearTimeout(this.#retry)
    this.#timer = undefined
    this.#ready = 0
    this.#committing = this.#write().finally(() => {
      this.#committing = undefined
      const intakes = [...this.#intakes.values()]
      this.#ready = intakes.reduce((sum, { ready }) => sum + ready, 0)
      if (intakes.some(({ isHeld }) => isHeld))
        this.#retry = setTimeout(() => this.#committing ?? this.#commit(), RETRY_MS)
      this.#schedule()
    })
    return this.#committing
  }

  async #write(): Promise<void> {
    const now = this.#isClosing ? Number.POSITIVE_INFINITY : performance.now()
    const taken = [...this.#intakes.values()].flatMap(intake => {
      const batch = intake.take(now)
      return batch === undefined ? [] : [{ intake, batch }]
    })
    const records: ChunkRecord[] = []
    const isDiskFull = taken.some(({ batch }) => batch.chunk !== undefined) && this.#options.isDiskFull()
    for (const { intake, batch } of taken) {
      const { chunk } = batch
      if (chunk === undefined) intake.settle(batch)
      else {
        const failure = await this.#findRefusal(batch.tenant, chunk.length, isDiskFull)
        if (failure === undefined) records.push(this.#reserve(intake, batch, chunk))
        else this.#holdOrRefuse(intake, batch, failure, now)
      }
    }
    await this.#flush(records)
  }

  async #findRefusal(tenant: string, bytes: number, isDiskFull: boolean): Promise<TromostError | undefined> {
    if (isDiskFull) return new TromostError('DISK_FULL', 'expected more free than journal.diskReserve')
    try {
      if (await this.#retention.makeRoom(tenant, bytes)) return undefined
      return new TromostError('JOURNAL_FULL', `tenant ${tenant}: no room for ${bytes} bytes`)
    } catch (error) {
      return toFailure(error)
    }
  }

  /** What there is no room for waits a while: its clients are not read on meanwhile, and notice nothing if there is room soon. */
  #holdOrRefuse(intake: Intake, batch: Batch, failure: TromostError, now: number): void {
    const mayWait = failure.code !== 'JOURNAL_FAILED' && !this.#isClosing
    if (!mayWait || !intake.hold(batch, now, this.#options.patienceMs ?? 0)) intake.refuse(batch, failure)
  }

  #reserve(intake: Intake, batch: Batch, chunk: Buffer): ChunkRecord {
    const { next, bytes } = this.#heads.get(batch.tenant) ?? { next: 0, bytes: 0 }
    this.#retention.room.take(batch.tenant, chunk.length)
    return { intake, batch, chunk, head: { next: next + batch.count, bytes: bytes + chunk.length } }
  }

  async #flush(records: readonly ChunkRecord[]): Promise<void> {
    if (records.length === 0) return
    try {
      await this.#engine.commit(records.flatMap(toChanges))
    } catch (error) {
      for (const { intake, batch, chunk } of records) {
        this.#retention.room.take(batch.tenant, -chunk.length)
        intake.refuse(batch, toFailure(error))
      }
      return
    }
    for (const { intake, batch, head } of records) {
      this.#heads.set(batch.tenant, head)
      this.#onStored(batch.tenant, head.next)
      this.#alarm.look(batch.tenant)
      intake.settle(batch)
    }
  }
}
