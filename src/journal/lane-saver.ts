/** Brings to disk how far a lane has come: the cursor, the counts, the fates, and what goes into or out of quarantine, in one commit each. */
import type { Companion } from './companion.ts'
import type { Change, Engine } from './engine.ts'
import { createLaneChange, type LaneQuarantine, type LaneState, type Term } from './lane-state.ts'
import { EXCESS_AT_ONCE, findExcess, type QuarantineBounds } from './quarantine-bound.ts'
import {
  applyMoves,
  countMessages,
  countReasons,
  type EntryWeight,
  getGrowth,
  type Move,
  makeReady,
  type ReadyMove,
  toExpiry,
} from './quarantine-moves.ts'
import type { SettleWindow } from './settle-window.ts'
import { createSweep, FateChanges } from './stretches.ts'

export interface LaneSaverOptions extends QuarantineBounds {
  readonly companion?: Companion | undefined
  /** Hears of a state that could not be saved; it is tried again. */
  readonly onSaveFailed: (error: unknown) => void
  readonly onSaved: () => void
}

/** A write that waits for the cursor to pass its message, and whom it puts into quarantine. */
interface KeptChange {
  readonly position: number
  readonly change: Change
  readonly quarantined?: Omit<EntryWeight, 'position'>
}

/** A crash repeats what was delivered since the last save, so it is kept short; shorter than this costs more than it saves. */
const SAVE_INTERVAL_MS = 25

export class LaneSaver {
  readonly #engine: Engine
  #options: LaneSaverOptions
  readonly #window: SettleWindow
  #saved: LaneState
  #quarantine: LaneQuarantine
  #kept: KeptChange[] = []
  #timer: NodeJS.Timeout | undefined
  #last: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(
    engine: Engine,
    options: LaneSaverOptions,
    { window, quarantine }: { readonly window: SettleWindow; readonly quarantine: LaneQuarantine },
  ) {
    this.#engine = engine
    this.#options = options
    this.#window = window
    this.#saved = window.state
    this.#quarantine = quarantine
  }

  /** The saved cursor: everything before it is settled. */
  get position(): number {
    return this.#saved.position
  }

  /** What is in quarantine as of the last save. */
  get quarantine(): LaneQuarantine {
    return this.#quarantine
  }

  boundQuarantine(quarantineMaxBytes: number): void {
    this.#options = { ...this.#options, quarantineMaxBytes }
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
   * Takes entries out of quarantine, or lets them stay for another reason; without any, the oldest ones beyond the bounds. Gives how many
   * messages that were when it is on disk; rejects when it is not.
   */
  async move(moves: readonly Move[]): Promise<number> {
    if (this.#closed) throw new Error('the lane is closed')
    return this.#queue(moves)
  }

  /** From here on nothing is written, whoever settles something late: the lane may be open anew, elsewhere in the journal. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#saveOrRetry()
  }

  /** Now, and not only soon. What cannot be saved now is tried again by itself. */
  async save(): Promise<void> {
    if (!this.#closed) await this.#saveOrRetry()
  }

  async #saveOrRetry(): Promise<void> {
    clearTimeout(this.#timer)
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
    const ready = await makeReady(this.#engine, this.#options, wanted)
    const coming = toWeights(kept)
    const excess = await this.#findExcess(state, coming, ready)
    const gone = new Set(excess.map(({ entry }) => entry.position))
    const moves = [...ready.filter(({ entry }) => !gone.has(entry.position)), ...excess]
    const range = { from: this.#saved.position, to: state.position }
    if (range.from === range.to && kept.length + moves.length === 0) return 0
    const next = applyMoves(state, moves)
    const quarantine = this.#getQuarantine(coming, moves)
    const fates = new FateChanges(this.#engine, this.#options)
    await fates.put(range.from, passed)
    for (const { entry, to } of moves) {
      await fates.put(entry.position, new Array<Term>(entry.messages).fill(to))
    }
    const { tenant, destination, companion } = this.#options
    await this.#engine.commit([
      ...kept.filter(each => each.quarantined === undefined || !gone.has(each.position)).map(toChange),
      ...(companion?.getChanges(state.position) ?? []),
      ...moves.map(toChange),
      ...fates.toChanges(),
      ...(await createSweep(this.#engine, this.#options, range)),
      createLaneChange(tenant, destination, next, quarantine),
    ])
    const done = new Set(kept)
    this.#kept = this.#kept.filter(each => !done.has(each))
    this.#saved = next
    companion?.onSaved(state.position)
    this.#quarantine = quarantine
    for (const { entry, to } of moves) this.#window.move(entry.messages, 'quarantined', to)
    this.#window.forget(state.position)
    if (excess.length === EXCESS_AT_ONCE) this.schedule()
    this.#options.onSaved()
    return countMessages(wanted.length > 0 ? ready : excess)
  }

  /** What would be past the bounds of the quarantine is out of it in the very commit that would bring it there. */
  async #findExcess(
    state: LaneState,
    coming: readonly EntryWeight[],
    moves: readonly ReadyMove[],
  ): Promise<readonly ReadyMove[]> {
    const excess = await findExcess(this.#engine, this.#options, {
      messages: applyMoves(state, moves).quarantined,
      bytes: this.#quarantine.bytes + getGrowth(coming, moves),
      coming,
      moved: new Map(moves.map(({ entry, change }) => [entry.position, change.value?.length ?? 0])),
    })
    return excess.map(entry => toExpiry(entry, this.#options))
  }

  #getQuarantine(coming: readonly EntryWeight[], moves: readonly ReadyMove[]): LaneQuarantine {
    const { reasons, bytes } = this.#quarantine
    return { reasons: countReasons(reasons, coming, moves), bytes: bytes + getGrowth(coming, moves) }
  }
}

function toWeights(kept: readonly KeptChange[]): readonly EntryWeight[] {
  return kept.flatMap(({ position, quarantined }) => (quarantined ? [{ position, ...quarantined }] : []))
}

function toChange({ change }: { readonly change: Change }): Change {
  return change
}
