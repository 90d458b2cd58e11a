/** Finds patterns in text, leftmost first as JavaScript does, in time that grows with the text and not faster. */
import type { Pattern } from '../profiles/expression-pattern.ts'
import type { Step } from '../profiles/expression-pattern-steps.ts'
import { ExpressionFault } from './expression-bounds.ts'

/** Where the match and each group begin and end; undefined for a group that took no part. */
export type Slots = readonly (number | undefined)[]

/** Sensors and gateways send words, not books. Steps × characters bounds both time and memory of a search. */
const CHARS_MAX = 8192

const PREVIOUS = -1

export function findMatches(pattern: Pattern, text: string, isGlobal: boolean): readonly Slots[] {
  if (text.length > CHARS_MAX) {
    throw new ExpressionFault(`at most ${CHARS_MAX} characters to find a pattern in`, text.length)
  }
  const search = new Search(pattern, text)
  const matches: Slots[] = []
  let from = 0
  while (from <= text.length) {
    const slots = search.findFrom(from)
    if (slots === undefined) break
    matches.push(slots)
    if (!isGlobal) break
    const [start = 0, end = 0] = slots
    // JavaScript goes on one character further after an empty match.
    from = end === start ? end + 1 : end
  }
  return matches
}

/**
 * Depth first, as backtracking engines go, but no step is tried twice at one place: nothing in these patterns looks back at
 * what was captured, so what failed once fails again. That makes exponential patterns linear.
 */
class Search {
  readonly #steps: readonly Step[]
  readonly #text: string
  readonly #slots: (number | undefined)[]
  readonly #tried: Uint8Array

  constructor({ steps, slotCount }: Pattern, text: string) {
    this.#steps = steps
    this.#text = text
    this.#slots = new Array<number | undefined>(slotCount).fill(undefined)
    this.#tried = new Uint8Array(steps.length * (text.length + 1))
  }

  findFrom(from: number): Slots | undefined {
    for (let start = from; start <= this.#text.length; start += 1) {
      const end = this.#run(start)
      if (end === undefined) continue
      // Of what was tried at or after the end of a match, only steps at its very end may have been part of it.
      this.#tried.fill(0, end * this.#steps.length, (end + 1) * this.#steps.length)
      return [...this.#slots]
    }
    return undefined
  }

  /** Answers where the match ends. */
  #run(start: number): number | undefined {
    this.#slots.fill(undefined)
    /** Triples: a step and a place still to try; or PREVIOUS, a slot and its value, to restore on the way back. */
    const open: (number | undefined)[] = [0, start, undefined]
    while (open.length > 0) {
      const value = open.pop()
      const at = open.pop() ?? 0
      const index = open.pop() ?? 0
      if (index === PREVIOUS) this.#slots[at] = value
      else if (this.#follow(index, at, open)) return this.#slots[1]
    }
    return undefined
  }

  /** Goes on from one step until it fails, or answers true at the end of the pattern. */
  #follow(firstStep: number, firstPlace: number, open: (number | undefined)[]): boolean {
    let index: number | undefined = firstStep
    let at = firstPlace
    while (index !== undefined) {
      const step: Step | undefined = this.#steps[index]
      const place: number = at * this.#steps.length + index
      if (step === undefined || this.#tried[place] === 1) return false
      if (step.op === 'match') return true
      this.#tried[place] = 1
      index = this.#take(step, index, at, open)
      if (step.op === 'character') at += 1
    }
    return false
  }

  /** Answers which step comes next, if this one succeeds. */
  #take(step: Step, index: number, at: number, open: (number | undefined)[]): number | undefined {
    switch (step.op) {
      case 'character':
        return at < this.#text.length && step.test(this.#text.charAt(at)) ? index + 1 : undefined
      case 'assert':
        return step.holds(this.#text, at) ? index + 1 : undefined
      case 'split':
        open.push(step.second, at, undefined)
        return step.first
      case 'jump':
        return step.to
      case 'save':
        this.#setSlot(step.slot, at, open)
        return index + 1
      case 'forget':
        for (let slot = step.from; slot < step.to; slot += 1) this.#setSlot(slot, undefined, open)
        return index + 1
      case 'match':
        return undefined
    }
  }

  #setSlot(slot: number, value: number | undefined, open: (number | undefined)[]): void {
    open.push(PREVIOUS, slot, this.#slots[slot])
    this.#slots[slot] = value
  }
}
