/**
 * Messages of the quarantine on their way once more, in parts: a source of messages beside the journal. An entry stays in quarantine
 * until its message is settled, and what is under way when the agent ends is simply still there.
 */
import type { Message, Outcome } from '../reading.ts'
import type { Engine } from './engine.ts'
import type { LaneMessage } from './lane.ts'
import { type Term, toTerm } from './lane-state.ts'
import type { QuarantinedMessage } from './quarantine.ts'
import { findQuarantined, type QuarantineFilter } from './quarantine-filter.ts'
import type { Move } from './quarantine-moves.ts'

/** The lane whose quarantine it is. */
export interface ReplayedLane {
  readonly tenant: string
  readonly destination: string
  readonly position: number
  moveQuarantined(moves: readonly Move[]): Promise<void>
}

export interface ReplayOptions {
  readonly filter: QuarantineFilter
  /** Settles nothing: the entries stay as they are. */
  readonly dryRun: boolean
  /** Hears what became of each message, or would have. */
  readonly onOutcome: (entry: QuarantinedMessage, outcome: Outcome) => void
}

const CORRUPT: Outcome = {
  kind: 'quarantined',
  code: 'CHUNK_CORRUPT',
  detail: 'a record that cannot be read has no messages to send; it can only be kept or discarded',
}

export class Replay {
  readonly #lane: ReplayedLane
  readonly #options: ReplayOptions
  readonly #parts: AsyncGenerator<readonly QuarantinedMessage[]>
  /** The part that is under way, by position, and what became of it so far. */
  #part = new Map<number, QuarantinedMessage>()
  #moves: Move[] = []
  #settled: Promise<void> = Promise.resolve()
  #endPart: (ended: Promise<void>) => void = () => {}
  #closed = false

  constructor(engine: Engine, lane: ReplayedLane, options: ReplayOptions) {
    this.#lane = lane
    this.#options = options
    // What comes into quarantine from now on is not meant.
    this.#parts = findQuarantined(engine, lane, options.filter, { end: lane.position })
  }

  /** Messages that are under way. */
  get open(): number {
    return this.#part.size
  }

  /** The next part, once the one before is settled and that is on disk. Ends with an empty list. Rejects when it cannot be written. */
  async take(): Promise<readonly LaneMessage[]> {
    while (!this.#closed) {
      await this.#settled
      const next = await this.#parts.next()
      if (next.done || this.#closed) return []
      const taken = this.#begin(next.value)
      if (taken.length > 0) return taken
    }
    return []
  }

  settle({ position }: LaneMessage, outcome: Outcome): void {
    const entry = this.#part.get(position)
    if (entry === undefined || this.#closed) return
    this.#part.delete(position)
    this.#options.onOutcome(entry, outcome)
    this.#moves.push(toMove(position, outcome))
    if (this.#part.size === 0) this.#end()
  }

  /** Takes nothing more. What is not settled by now stays in quarantine. */
  async close(): Promise<void> {
    this.#closed = true
    this.#end()
    await this.#settled.catch(() => undefined)
  }

  #begin(entries: readonly QuarantinedMessage[]): readonly LaneMessage[] {
    const readable = entries.filter(({ code }) => code !== 'CHUNK_CORRUPT')
    for (const entry of entries) if (!readable.includes(entry)) this.#options.onOutcome(entry, CORRUPT)
    if (readable.length === 0) return []
    this.#part = new Map(readable.map(entry => [entry.position, entry]))
    this.#settled = new Promise((resolve, reject) => {
      this.#endPart = ended => void ended.then(resolve, reject)
    })
    // Whoever takes the next part hears of it; nobody may, when the agent ends.
    this.#settled.catch(() => undefined)
    return readable.map(entry => ({ position: entry.position, message: toMessage(entry) }))
  }

  #end(): void {
    const moves = this.#moves
    const end = this.#endPart
    this.#moves = []
    this.#endPart = () => {}
    const isNothing = this.#options.dryRun || moves.length === 0
    end(isNothing ? Promise.resolve() : this.#lane.moveQuarantined(moves))
  }
}

function toMove(position: number, outcome: Outcome): Move {
  const to: Term = toTerm(outcome)
  if (outcome.kind !== 'quarantined') return { position, to }
  const { code, detail } = outcome
  return { position, to, reason: { code, detail } }
}

function toMessage({ tenant, device, topic, payload, receivedAt }: QuarantinedMessage): Message {
  return { tenant, device, topic, payload, receivedAt, qos: 1 }
}
