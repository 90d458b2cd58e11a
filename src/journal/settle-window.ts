/** What became of the messages between what is saved of a lane and the last one read. The cursor passes a message once all before it are settled. */
import type { LaneState, Term } from './lane-state.ts'

type Fate = Term | undefined

export class SettleWindow {
  /** Fates by position, from `#first` on. */
  readonly #fates: Fate[] = []
  #first: number
  #position: number
  readonly #counts: Record<Term, number>

  constructor({ position, ...counts }: LaneState) {
    this.#first = position
    this.#position = position
    this.#counts = counts
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
    return { position: this.#position, ...this.#counts }
  }

  /** So many messages were read; their fate is open, or, where nobody will settle them one by one, `fate`. */
  add(count: number, fate?: Term): void {
    for (let index = 0; index < count; index++) this.#fates.push(fate)
    this.#pass()
  }

  settle(position: number, fate: Term): void {
    this.#fates[position - this.#first] = fate
    if (position === this.#position) this.#pass()
  }

  /** Messages that the cursor has passed ended otherwise after all. */
  move(count: number, from: Term, to: Term): void {
    this.#counts[from] -= count
    this.#counts[to] += count
  }

  /** What became of each message that the cursor has passed and that was not forgotten yet. */
  getPassed(): readonly Fate[] {
    return this.#fates.slice(0, this.#position - this.#first)
  }

  /** What is before this position is saved, and need not be known here any more. */
  forget(position: number): void {
    this.#fates.splice(0, position - this.#first)
    this.#first = position
  }

  #pass(): void {
    let fate = this.#fates[this.#position - this.#first]
    while (fate !== undefined) {
      this.#counts[fate] += 1
      this.#position += 1
      fate = this.#fates[this.#position - this.#first]
    }
  }
}
