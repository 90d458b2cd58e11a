/** Brings to disk how far a lane has come: the cursor, the counts, the fates, and what goes into or out of quarantine, in one commit each. */
import type { Companion } from './companion.ts'
import type { Change, Engine } from './engine.ts'
import { addReason, createLaneChange, type LaneState, type Reasons, type Term } from './lane-state.ts'
import {
  createQuarantineEntry,
  createQuarantineRemoval,
  getQuarantined,
  listQuarantine,
  type QuarantinedMessage,
} from './quarantine.ts'
import type { SettleWindow } from './settle-window.ts'
import { createSweep, FateChanges } from './stretches.ts'

export interface LaneSaverOptions {
  readonly tenant: string
  readonly destination: string
  readonly quarantineMaxEntries: number
  readonly companion?: Companion | undefined
  /** Hears of a state that could not be saved; it is tried again. */
  readonly onSaveFailed: (error: unknown) => void
  readonly onSaved: () => void
}

/** A write that waits for the cursor to pass its message, and whom it puts into quarantine. */
interface KeptChange {
  readonly position: number
  readonly change: Change
  readonly quarantined?: { readonly code: string; readonly messages: number }
}

/** What becomes of an entry of the quarantine. Where it stays, for which reason now. */
export interface Move {
  readonly position: number
  readonly to: Term
  readonly reason?: { readonly code: string; readonly detail: string }
}

interface ReadyMove extends Move {
  readonly entry: QuarantinedMessage
}

/** A crash repeats what was delivered since the last save, so it is kept short; shorter than this costs more than it saves. */
const SAVE_INTERVAL_MS = 25
const EXCESS_AT_ONCE = 256

export class LaneSaver {
  readonly #engine: Engine
  readonly #options: LaneSaverOptions
  readonly #window: SettleWindow
  #saved: LaneState
  #reasons: Reasons
  #kept: KeptChange[] = []
  #timer: NodeJS.Timeout | undefined
  #last: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(
    engine: Engine,
    options: LaneSaverOptions,
    { window, reasons }: { readonly window: SettleWindow; readonly reasons: Reasons },
  ) {
    this.#engine = engine
    this.#options = options
    this.#window = window
    this.#saved = window.state
    this.#reasons = reasons
  }

  /** The saved cursor: everything before it is settled. */
  get position(): number {
    return this.#saved.position
  }

  /** What is in quarantine, by error code, as of the last save. */
  get reasons(): Reasons {
    return this.#reasons
  }

  keep(kept: KeptChange): void {
    this.#kept.push(kept)
  }

  /** Saves soon. */
  schedule(): void {
    if (this.#closed) return
    this.#timer ??= setTimeout(() => this.#saveOrRetry(), SAVE_INTERVAL_MS)
  }

  /**
   * Takes entries out of quarantine, or lets them stay for another reason; without any, the oldest ones beyond the bound. Gives how many
   * messages that were when it is on disk; rejects when it is not.
   */
  async move(moves: readonly Move[]): Promise<number> {
    if (this.#closed) throw new Error('the lane is closed')
    return this.#queue(moves)
  }

  /** From here on nothing is written, whoever settles something late: the lane may be open anew, elsewhere in the journal. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#saveOrRetry()
  }

  async #saveOrRetry(): Promise<void> {
    this.#timer = undefined
    try {
      await this.#queue([])
    } catch (error) {
      this.#options.onSaveFailed(error)
      this.schedule()
    }
  }

  /** Saves come one after the other, each with all that is new since the one before. */
  #queue(moves: readonly Move[]): Promise<number> {
    const saving = this.#last.then(() => this.#save(moves))
    this.#last = saving.catch(() => undefined)
    return saving
  }

  async #save(wanted: readonly Move[]): Promise<number> {
    const state = this.#window.state
    const passed = this.#window.getPassed()
    // What lies behind the cursor only: a message that a restart takes up again must not be in quarantine already.
    const kept = this.#kept.filter(({ position }) => position < state.position)
    const moves = await this.#makeReady(wanted.length > 0 ? wanted : await this.#findExcess(state))
    const range = { from: this.#saved.position, to: state.position }
    if (range.from === range.to && kept.length + moves.length === 0) return 0
    const next = moves.reduce(applyMove, state)
    const reasons = this.#countReasons(kept, moves)
    const fates = new FateChanges(this.#engine, this.#options)
    await fates.put(range.from, passed)
    for (const { position, entry, to } of moves) {
      await fates.put(position, new Array<Term>(entry.messages).fill(to))
    }
    const { companion } = this.#options
    await this.#engine.commit([
      ...kept.map(({ change }) => change),
      ...(companion?.getChanges(state.position) ?? []),
      ...moves.map(toChange),
      ...fates.toChanges(),
      ...(await createSweep(this.#engine, this.#options, range)),
      createLaneChange(this.#options.tenant, this.#options.destination, next, reasons),
    ])
    const done = new Set(kept)
    this.#kept = this.#kept.filter(each => !done.has(each))
    this.#saved = next
    companion?.onSaved(state.position)
    this.#reasons = reasons
    for (const { entry, to } of moves) this.#window.move(entry.messages, 'quarantined', to)
    this.#window.forget(state.position)
    if (next.quarantined > this.#options.quarantineMaxEntries) this.schedule()
    this.#options.onSaved()
    return moves.reduce((sum, { entry }) => sum + entry.messages, 0)
  }

  /** Entries that have left meanwhile, for another reason, are left alone. */
  async #makeReady(moves: readonly Move[]): Promise<readonly ReadyMove[]> {
    const ready: ReadyMove[] = []
    for (const move of moves) {
      const entry = await getQuarantined(this.#engine, { ...this.#options, position: move.position })
      if (entry !== undefined) ready.push({ ...move, entry })
    }
    return ready
  }

  /** The oldest entries of a quarantine that is past its bound. */
  async #findExcess({ quarantined }: LaneState): Promise<readonly Move[]> {
    const { tenant, destination, quarantineMaxEntries } = this.#options
    const excess = quarantined - quarantineMaxEntries
    if (excess <= 0) return []
    const oldest = await listQuarantine(this.#engine, {
      ...{ tenant, destination },
      limit: Math.min(excess, EXCESS_AT_ONCE),
    })
    return oldest.map(({ position }) => ({ position, to: 'expired' }))
  }

  #countReasons(kept: readonly KeptChange[], moves: readonly ReadyMove[]): Reasons {
    const changes = new Map<string, number>()
    const count = (code: string, messages: number) => changes.set(code, (changes.get(code) ?? 0) + messages)
    for (const { quarantined } of kept) {
      if (quarantined !== undefined) count(quarantined.code, quarantined.messages)
    }
    for (const { entry, reason } of moves) {
      count(entry.code, -entry.messages)
      if (reason !== undefined) count(reason.code, entry.messages)
    }
    return [...changes].reduce(
      (reasons, [code, messages]) => addReason(reasons, code, messages, Date.now()),
      this.#reasons,
    )
  }
}

function applyMove(state: LaneState, { entry: { messages }, to }: ReadyMove): LaneState {
  const without = { ...state, quarantined: state.quarantined - messages }
  return { ...without, [to]: without[to] + messages }
}

function toChange({ entry, reason }: ReadyMove): Change {
  if (reason === undefined) return createQuarantineRemoval(entry)
  return createQuarantineEntry(entry, entry, { ...reason, messages: entry.messages })
}
