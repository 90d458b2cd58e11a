/** The way out of the journal for one (tenant, destination): messages in order, a cursor behind what is settled, nothing passed over. */
import { getMessage, TromostError } from '../errors.ts'
import type { Message, Outcome } from '../reading.ts'
import { ChunkReader } from './chunk.ts'
import type { Companion } from './companion.ts'
import type { Change, Engine, Entry } from './engine.ts'
import { findChunk, findNextChunk } from './find-chunk.ts'
import { loadHeads } from './head.ts'
import { createLaneChange, type LaneState, loadLaneState } from './lane-state.ts'
import { createQuarantineEntry, getQuarantinedAt, getQuarantinedMessages } from './quarantine.ts'
import { SettleWindow } from './settle-window.ts'
import { Signal } from './signal.ts'

/** A message with its place in the journal, which is what settles it. */
export interface LaneMessage {
  readonly position: number
  readonly message: Message
}

export interface LaneOptions {
  readonly tenant: string
  readonly destination: string
  /** Messages that may be under way at once; the rest of a backlog stays on disk. */
  readonly windowMessages: number
  readonly quarantineMaxEntries: number
  readonly quarantineRetentionMs: number
  /** Hears of a state that could not be saved; the lane tries again by itself. */
  readonly onSaveFailed: (error: unknown) => void
  readonly companion?: Companion
}

/** A write that waits for the cursor to pass its message. */
interface KeptChange {
  readonly position: number
  readonly change: Change
}

/** A crash repeats what was delivered since the last save, so it is kept short; shorter than this costs more than it saves. */
const SAVE_INTERVAL_MS = 25
/** Taken at once, so that the rest is under way while it is made ready. */
const PARTS_OF_WINDOW = 6
/** Settled and not saved: what a crash would repeat, and what waits for the quarantine while nothing can be written. */
const UNSAVED_WINDOWS_MAX = 10
const QUARANTINE_SWEEP_ENTRIES = 256

export class Lane {
  readonly tenant: string
  readonly destination: string
  readonly #engine: Engine
  readonly #options: LaneOptions
  readonly #window: SettleWindow
  readonly #part: number
  #saved: LaneState
  #head: number
  #kept: KeptChange[] = []
  /** The record that is being read. */
  #reader: ChunkReader | undefined
  readonly #news = new Signal()
  #timer: NodeJS.Timeout | undefined
  #saving: Promise<void> = Promise.resolve()
  #closed = false

  static async open(engine: Engine, options: LaneOptions): Promise<Lane> {
    const state = await loadLaneState(engine, options.tenant, options.destination)
    return new Lane(engine, options, state, (await loadHeads(engine)).get(options.tenant)?.next ?? 0)
  }

  private constructor(engine: Engine, options: LaneOptions, state: LaneState, head: number) {
    this.tenant = options.tenant
    this.destination = options.destination
    this.#engine = engine
    this.#options = options
    this.#saved = state
    this.#window = new SettleWindow(state)
    this.#part = Math.ceil(options.windowMessages / PARTS_OF_WINDOW)
    this.#head = head
  }

  /** The saved cursor: everything before it is settled. */
  get position(): number {
    return this.#saved.position
  }

  /** There is something to read before this position. */
  announce(head: number): void {
    if (head <= this.#head) return
    this.#head = head
    this.#news.raise()
  }

  /** The next messages. Waits until there are some and the window has room; ends with an empty list when closed. */
  async take(): Promise<readonly LaneMessage[]> {
    while (!this.#closed) {
      if (this.#window.end < this.#head && this.#hasRoom()) {
        const taken = this.#takeFrom(this.#reader ?? (await this.#openNext()))
        if (taken.length > 0) return taken
      } else {
        await this.#news.wait()
      }
    }
    return []
  }

  /** What became of a message. What goes to quarantine is on disk before the cursor passes it. */
  settle({ position, message }: LaneMessage, outcome: Outcome): void {
    if (outcome.kind === 'quarantined') this.#keep(position, message, outcome)
    this.#window.settle(position, outcome.kind)
    if (this.#hasRoom()) this.#news.raise()
    this.#timer ??= setTimeout(() => this.#queueSave(), SAVE_INTERVAL_MS)
  }

  /** A write that belongs to a message: it is on disk together with the cursor that passes the message, or before it. */
  keepWith(position: number, change: Change): void {
    this.#kept.push({ position, change })
  }

  /** The terms of the balance as they are now; together they are what was received up to the head. */
  getBalance(): LaneState & { readonly received: number; readonly waiting: number } {
    const state = this.#window.state
    return { ...state, received: this.#head, waiting: this.#head - state.position }
  }

  /** Removes what has been in quarantine longer than its retention; it is counted as expired. */
  async expireQuarantine(now: number = Date.now()): Promise<void> {
    const before = now - this.#options.quarantineRetentionMs
    let oldest: readonly Entry[]
    do {
      const kept = await this.#readOldestKept(QUARANTINE_SWEEP_ENTRIES)
      oldest = kept.filter(entry => getQuarantinedAt(entry) < before)
      await this.#queueSave(oldest)
    } while (oldest.length === QUARANTINE_SWEEP_ENTRIES)
  }

  /** Saves what is settled. What is not stays in the journal for the next start. */
  async close(): Promise<void> {
    this.#closed = true
    this.#news.raise()
    clearTimeout(this.#timer)
    await this.#queueSave()
  }

  /** For as many messages as are taken at once. What cannot be saved is not to pile up either. */
  #hasRoom(): boolean {
    const { end, position } = this.#window
    const most = this.#options.windowMessages
    return end - position + this.#part <= most && end - this.#saved.position <= most * UNSAVED_WINDOWS_MAX
  }

  /** What is read of a record is as much as may be under way; the rest of it stays bytes. */
  #takeFrom(reader: ChunkReader | undefined): readonly LaneMessage[] {
    const messages = reader?.take(this.#part) ?? []
    this.#reader = reader?.left === 0 ? undefined : reader
    const start = this.#window.end
    this.#window.add(messages.length)
    return messages.map((message, index) => ({ position: start + index, message }))
  }

  /** The record that holds the next message. Undefined where what stands there cannot be read, and is passed over. */
  async #openNext(): Promise<ChunkReader | undefined> {
    const position = this.#window.end
    const entry = await findChunk(this.#engine, this.tenant, position)
    if (entry === undefined) {
      const missing = `tenant ${this.tenant}: expected a record that holds message ${position}, got none up to ${this.#head}`
      throw new TromostError('CHUNK_MISSING', missing)
    }
    const start = Number(entry.key[1])
    // Room was made for newer ones: journal.onFull says dropOldest.
    if (start > position) this.#window.add(start - position, 'expired')
    const reader = await this.#read(entry, start)
    reader?.take(Math.max(0, position - start))
    return reader
  }

  async #read(entry: Entry, start: number): Promise<ChunkReader | undefined> {
    try {
      return new ChunkReader(entry.value, this.tenant)
    } catch (error) {
      await this.#keepCorrupt(entry.value, start, getMessage(error))
      return undefined
    }
  }

  /** A record whose checksum fails is kept whole, as one entry that stands for all its messages. */
  async #keepCorrupt(payload: Buffer, start: number, detail: string): Promise<void> {
    const next = await findNextChunk(this.#engine, this.tenant, start + 1)
    const count = Number(next?.key[1] ?? this.#head) - this.#window.end
    const message = { device: '', topic: '', receivedAt: Date.now(), payload }
    this.#keep(start, message, { code: 'CHUNK_CORRUPT', detail }, count)
    this.#window.add(count, 'quarantined')
    this.#timer ??= setTimeout(() => this.#queueSave(), SAVE_INTERVAL_MS)
  }

  #keep(
    position: number,
    message: Omit<Message, 'tenant' | 'qos'>,
    reason: { readonly code: string; readonly detail: string },
    messages = 1,
  ): void {
    const place = { tenant: this.tenant, destination: this.destination, position }
    this.#kept.push({ position, change: createQuarantineEntry(place, message, { ...reason, messages }) })
  }

  #readOldestKept(limit: number, within = [this.tenant, this.destination]): Promise<readonly Entry[]> {
    return this.#engine.range('quarantine', { within, from: within, limit })
  }

  /** Saves come one after the other, each with all that is new since the one before. */
  #queueSave(expired: readonly Entry[] = []): Promise<void> {
    this.#timer = undefined
    this.#saving = this.#saving.then(() => this.#save(expired))
    return this.#saving
  }

  async #save(expired: readonly Entry[]): Promise<void> {
    const state = this.#window.state
    // What lies behind the cursor only: a message that a restart takes up again must not be in quarantine already.
    const kept = this.#kept.filter(({ position }) => position < state.position)
    const dropped = expired.length > 0 ? expired : await this.#findExcess(state)
    if (state.position === this.#saved.position && kept.length + dropped.length === 0) return
    const droppedMessages = dropped.reduce((sum, entry) => sum + getQuarantinedMessages(entry), 0)
    const next = {
      ...state,
      quarantined: state.quarantined - droppedMessages,
      expired: state.expired + droppedMessages,
    }
    try {
      await this.#engine.commit([
        ...kept.map(({ change }) => change),
        ...(this.#options.companion?.getChanges(state.position) ?? []),
        ...dropped.map(({ key }) => ({ table: 'quarantine' as const, key })),
        createLaneChange(this.tenant, this.destination, next),
      ])
    } catch (error) {
      this.#options.onSaveFailed(error)
      if (!this.#closed) this.#timer ??= setTimeout(() => this.#queueSave(), SAVE_INTERVAL_MS)
      return
    }
    this.#saved = next
    this.#options.companion?.onSaved(state.position)
    this.#kept = this.#kept.filter(({ position }) => position >= state.position)
    this.#window.expireQuarantined(droppedMessages)
    this.#news.raise()
  }

  /** The oldest entries of a quarantine that is past its bound. */
  async #findExcess({ quarantined }: LaneState): Promise<readonly Entry[]> {
    const excess = Math.min(quarantined - this.#options.quarantineMaxEntries, QUARANTINE_SWEEP_ENTRIES)
    return excess > 0 ? this.#readOldestKept(excess) : []
  }
}
