/** The way out of the journal for one (tenant, destination): messages in order, a cursor behind what is settled, nothing passed over. */
import { getMessage, TromostError } from '../errors.ts'
import type { Message, Outcome } from '../reading.ts'
import { ChunkReader } from './chunk.ts'
import type { Companion } from './companion.ts'
import type { Change, Engine, Entry } from './engine.ts'
import { findChunk, findNextChunk } from './find-chunk.ts'
import { loadHeads } from './head.ts'
import { LaneSaver } from './lane-saver.ts'
import { type LaneQuarantine, type LaneState, loadLane, toTerm } from './lane-state.ts'
import { findNotedFate } from './noted-fate.ts'
import { createQuarantineEntry } from './quarantine.ts'
import type { QuarantineBounds } from './quarantine-bound.ts'
import { findQuarantined, type QuarantineFilter } from './quarantine-filter.ts'
import type { Move } from './quarantine-moves.ts'
import { SettleWindow } from './settle-window.ts'
import { Signal } from './signal.ts'

/** A message with its place in the journal, which is what settles it. */
export interface LaneMessage {
  readonly position: number
  readonly message: Message
}

export interface LaneOptions extends QuarantineBounds {
  /** Messages that may be under way at once; the rest of a backlog stays on disk. */
  readonly windowMessages: number
  readonly quarantineRetentionMs: number
  /** Hears of a state that could not be saved; the lane tries again by itself. */
  readonly onSaveFailed: (error: unknown) => void
  readonly companion?: Companion
}

/** A part of the window is taken at once, so that the rest is under way while it is made ready. */
const PARTS_OF_WINDOW = 6
/** Settled and not saved: what a crash would repeat, and what waits for the quarantine while nothing can be written. */
const UNSAVED_WINDOWS_MAX = 10

export class Lane {
  readonly tenant: string
  readonly destination: string
  readonly #engine: Engine
  readonly #options: LaneOptions
  readonly #window: SettleWindow
  readonly #saver: LaneSaver
  readonly #part: number
  #quarantineMaxBytes: number
  #head: number
  /** The record that is being read. */
  #reader: ChunkReader | undefined
  readonly #news = new Signal()
  #closed = false

  static async open(engine: Engine, options: LaneOptions): Promise<Lane> {
    const heads = await loadHeads(engine)
    const stored = await loadLane(engine, options.tenant, options.destination)
    return new Lane(engine, options, stored, heads.get(options.tenant)?.next ?? 0)
  }

  private constructor(
    engine: Engine,
    options: LaneOptions,
    { state, quarantine }: { readonly state: LaneState; readonly quarantine: LaneQuarantine },
    head: number,
  ) {
    this.tenant = options.tenant
    this.destination = options.destination
    this.#engine = engine
    this.#options = options
    this.#window = new SettleWindow(state)
    const onSaved = () => this.#news.raise()
    this.#saver = new LaneSaver(engine, { ...options, onSaved }, { window: this.#window, quarantine })
    this.#part = Math.ceil(options.windowMessages / PARTS_OF_WINDOW)
    this.#head = head
    this.#quarantineMaxBytes = options.quarantineMaxBytes
  }

  /** The saved cursor: everything before it is settled. */
  get position(): number {
    return this.#saver.position
  }

  /** What is in quarantine, and how much of it may be. */
  get quarantine(): LaneQuarantine & { readonly maxBytes: number } {
    return { ...this.#saver.quarantine, maxBytes: this.#quarantineMaxBytes }
  }

  /** What its quarantine may take from now on. */
  boundQuarantine(maxBytes: number): void {
    this.#quarantineMaxBytes = maxBytes
    this.#saver.boundQuarantine(maxBytes)
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
    this.#window.settle(position, toTerm(outcome))
    if (this.#hasRoom()) this.#news.raise()
    this.#saver.schedule()
  }

  /** A write that belongs to a message: it is on disk together with the cursor that passes the message, or before it. */
  keepWith(position: number, change: Change): void {
    this.#saver.keep({ position, change })
  }

  /** So that who looks into the quarantine finds what the balance counts there. */
  save(): Promise<void> {
    return this.#saver.save()
  }

  /** The terms of the balance as they are now; together they are what was received up to the head. */
  getBalance(): LaneState & { readonly received: number; readonly waiting: number } {
    const state = this.#window.state
    return { ...state, received: this.#head, waiting: this.#head - state.position }
  }

  /** Removes what has been in quarantine longer than its retention, or is beyond its bounds; it is counted as expired. */
  async expireQuarantine(now: number = Date.now()): Promise<void> {
    // What is settled already has to be there first.
    await this.#saver.move([])
    while ((await this.#saver.move([])) > 0);
    await this.removeQuarantined({ before: now - this.#options.quarantineRetentionMs }, 'expired')
  }

  /** Removes entries for good; they are counted as what they become. Gives how many messages that were. */
  async removeQuarantined(filter: QuarantineFilter, to: 'discarded' | 'expired'): Promise<number> {
    let messages = 0
    for await (const part of findQuarantined(this.#engine, this, filter, { end: this.position })) {
      messages += await this.#saver.move(part.map(({ position }) => ({ position, to })))
    }
    return messages
  }

  /** How many messages the entries stand for that a filter means. */
  async countQuarantined(filter: QuarantineFilter): Promise<number> {
    let messages = 0
    for await (const part of findQuarantined(this.#engine, this, filter, { end: this.position })) {
      for (const entry of part) messages += entry.messages
    }
    return messages
  }

  /** What became of entries that were tried again. On disk when it resolves; what cannot be written stays in quarantine. */
  async moveQuarantined(moves: readonly Move[]): Promise<void> {
    await this.#saver.move(moves)
  }

  /** Saves what is settled. What is not stays in the journal for the next start. */
  async close(): Promise<void> {
    this.#closed = true
    this.#news.raise()
    await this.#saver.close()
  }

  /** For as many messages as are taken at once. What cannot be saved is not to pile up either. */
  #hasRoom(): boolean {
    const { end, position } = this.#window
    const most = this.#options.windowMessages
    return end - position + this.#part <= most && end - this.#saver.position <= most * UNSAVED_WINDOWS_MAX
  }

  /** What is read of a record is as much as may be under way; the rest of it stays bytes. */
  #takeFrom(reader: ChunkReader | undefined): readonly LaneMessage[] {
    const messages = reader?.take(this.#part) ?? []
    this.#reader = reader?.left === 0 ? undefined : reader
    const start = this.#window.end
    this.#window.add(messages.length)
    const taken = messages.map((message, index) => ({ position: start + index, message }))
    return reader?.hasNotes ? taken.filter(item => !this.#isSettledBefore(item)) : taken
  }

  /** What nobody has to look at any more has its fate at once. */
  #isSettledBefore({ position, message }: LaneMessage): boolean {
    const fate = findNotedFate(message, this.destination)
    if (fate === undefined) return false
    if (fate.reason !== undefined) this.#keep(position, message, fate.reason)
    this.#window.settle(position, fate.term)
    this.#saver.schedule()
    return true
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

  /** A record whose checksum fails is kept whole, as one entry that stands for all its messages from where the lane stands. */
  async #keepCorrupt(payload: Buffer, start: number, detail: string): Promise<void> {
    const next = await findNextChunk(this.#engine, this.tenant, start + 1)
    const position = this.#window.end
    const count = Number(next?.key[1] ?? this.#head) - position
    const message = { device: '', topic: '', receivedAt: Date.now(), payload }
    this.#keep(position, message, { code: 'CHUNK_CORRUPT', detail }, count)
    this.#window.add(count, 'quarantined')
    this.#saver.schedule()
  }

  #keep(
    position: number,
    message: Omit<Message, 'tenant' | 'qos'>,
    { code, detail }: { readonly code: string; readonly detail: string },
    messages = 1,
  ): void {
    const place = { tenant: this.tenant, destination: this.destination, position }
    const change = createQuarantineEntry(place, message, { code, detail, messages })
    this.#saver.keep({ position, change, quarantined: { code, messages, bytes: change.value.length } })
  }
}
