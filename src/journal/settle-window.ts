/** What became of the messages between the cursor of a lane and the last one read. The cursor passes a message once all before it are settled. */
import type { Outcome } from '../reading.ts'
import type { LaneState } from './lane-state.ts'

export type SettledAs = Outcome['kind'] | 'expired'

type Fate = SettledAs | undefined

/** The passed part of the list is cut off when it is at least this long, so that cutting costs little per message. */
const PASSED_MAX = 4_096

export class SettleWindow {
  /** Fates by position, from `#first` on. */
  readonly #fates: Fate[] = []
  #first: number
  #position: number
  readonly #counts: Record<SettledAs, number>
  readonly #start: LaneState

  constructor(start: LaneState) {
    this.#start = start
    this.#first = start.position
    this.#position = start.position
    this.#counts = {
      delivered: start.delivered,
      quarantined: start.quarantined,
      skipped: start.skipped,
      duplicate: start.duplicates,
      expired: start.expired,
    }
  }

  /** The position after the last message that was read. */
  get end(): number {
    return this.#first + this.#fates.length
  }

  /** The cursor: all messages before this position are settled. */
  get position(): number {
    return this.#position
  }

  /** The cursor and the counts of everything before it. */
  get state(): LaneState {
    const { duplicate: duplicates, ...counts } = this.#counts
    return { ...this.#start, position: this.#position, ...counts, duplicates }
  }

  /** So many messages were read; their fate is open, or, where nobody will settle them one by one, `fate`. */
  add(count: number, fate?: SettledAs): void {
    for (let index = 0; index < count; index++) this.#fates.push(fate)
    this.#pass()
  }

  settle(position: number, fate: SettledAs): void {
    this.#fates[position - this.#first] = fate
    if (position === this.#position) this.#pass()
  }

  /** So many messages left the quarantine because their time there was over. */
  expireQuarantined(count: number): void {
    this.#counts.quarantined -= count
    this.#counts.expired += count
  }

  #pass(): void {
    let fate = this.#fates[this.#position - this.#first]
    while (fate !== undefined) {
      this.#counts[fate] += 1
      this.#position += 1
      fate = this.#fates[this.#position - this.#first]
    }
    const passed = this.#position - this.#first
    if (passed >= PASSED_MAX) {
      this.#fates.splice(0, passed)
      this.#first = this.#position
    }
  }
}
