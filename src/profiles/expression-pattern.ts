/** Regular expressions as programs for a matcher that cannot run away; what such a matcher cannot do is refused. */

/** One step. Except after `split`, `jump` and `match`, the next step is the one that follows. */
export type Step =
  | { readonly op: 'character'; readonly test: (character: string) => boolean }
  | { readonly op: 'split'; readonly first: number; readonly second: number }
  | { readonly op: 'jump'; readonly to: number }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'forget'; readonly from: number; readonly to: number }
  | { readonly op: 'assert'; readonly holds: (text: string, at: number) => boolean }
  | { readonly op: 'match' }

export interface Pattern {
  readonly steps: readonly Step[]
  /** Two for the whole match and two for each group: where it begins and where it ends. */
  readonly slotCount: number
}

type Parsed =
  | { readonly pattern: Pattern; readonly problem?: never }
  | { readonly pattern?: never; readonly problem: string }

type Node =
  | Extract<Step, { op: 'character' | 'assert' }>
  | { readonly op: 'sequence'; readonly nodes: readonly Node[] }
  | { readonly op: 'either'; readonly options: readonly Node[] }
  | { readonly op: 'group'; readonly node: Node; readonly slot: number }
  | Repeat

interface Repeat {
  readonly op: 'repeat'
  readonly node: Node
  readonly min: number
  readonly max: number
  readonly isGreedy: boolean
  /** The slots of the groups inside: each round forgets what the one before has captured. */
  readonly slots: readonly [number, number]
}

/** Bounds the time of a match, which is at most steps × characters; `a{999}` takes as many steps as it says. */
const STEPS_MAX = 256
const DEPTH_MAX = 16

const CLASS = /\[\^?(?:\\[^]|[^\]\\])*\]/y
const ESCAPE = /\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|c[A-Za-z]|[dDsSwWtnrvf0]|[^A-Za-z0-9])/y
const PLAIN = /[^\\^$*+?()[|{]/y
const QUANTIFIER = /(?:([*+?])|\{(\d{1,4})(?:(,)(\d{1,4})?)?\})(\?)?/y
const WORD_CHARACTER = /\w/

class PatternFault extends Error {}

export function parsePattern(source: string): Parsed {
  try {
    const parser = new PatternParser(source)
    const node = parser.parse()
    const steps: Step[] = []
    emit({ op: 'group', node, slot: 0 }, steps)
    append(steps, { op: 'match' })
    return { pattern: { steps, slotCount: parser.slotCount } }
  } catch (error) {
    if (error instanceof PatternFault) return { problem: error.message }
    throw error
  }
}

class PatternParser {
  readonly #source: string
  #at = 0
  #depth = 0
  slotCount = 2

  constructor(source: string) {
    this.#source = source
  }

  parse(): Node {
    const node = this.#parseEither()
    if (this.#at < this.#source.length) throw this.#createFault('no closing bracket without an opening one')
    return node
  }

  #parseEither(): Node {
    this.#depth += 1
    if (this.#depth > DEPTH_MAX) throw this.#createFault(`groups of at most ${DEPTH_MAX} levels`)
    const options = [this.#parseSequence()]
    while (this.#take('|')) options.push(this.#parseSequence())
    this.#depth -= 1
    const [only] = options
    return options.length === 1 && only !== undefined ? only : { op: 'either', options }
  }

  #parseSequence(): Node {
    const nodes: Node[] = []
    while (this.#at < this.#source.length && !'|)'.includes(this.#source.charAt(this.#at))) {
      nodes.push(this.#parseRepeat())
    }
    return { op: 'sequence', nodes }
  }

  #parseRepeat(): Node {
    const slotsBefore = this.slotCount
    const node = this.#parseAtom()
    const match = this.#match(QUANTIFIER)
    if (match === undefined) return node
    if (node.op === 'assert') throw this.#createFault('no quantifier after ^, $ or \\b')
    const [, sign, count, comma, most, lazy] = match
    const min = sign === undefined ? Number(count) : sign === '+' ? 1 : 0
    const open = sign === '?' ? 1 : Number.POSITIVE_INFINITY
    const max = sign !== undefined ? open : comma === undefined ? min : Number(most ?? Number.POSITIVE_INFINITY)
    if (min > max) throw this.#createFault('a quantifier whose numbers are in order')
    return { op: 'repeat', node, min, max, isGreedy: lazy === undefined, slots: [slotsBefore, this.slotCount] }
  }

  #parseAtom(): Node {
    if (this.#take('(')) return this.#parseGroup()
    if (this.#take('^')) return { op: 'assert', holds: (_, at) => at === 0 }
    if (this.#take('$')) return { op: 'assert', holds: (text, at) => at === text.length }
    if (this.#take('\\b')) return { op: 'assert', holds: isWordEdge }
    if (this.#take('\\B')) return { op: 'assert', holds: (text, at) => !isWordEdge(text, at) }
    const [character] = this.#match(CLASS) ?? this.#match(ESCAPE) ?? this.#match(PLAIN) ?? []
    if (character === undefined) {
      throw this.#createFault('a pattern of characters, classes, groups, | and quantifiers')
    }
    return { op: 'character', test: this.#compileCharacter(character) }
  }

  #parseGroup(): Node {
    const isPlain = this.#take('?:')
    if (!isPlain && this.#source.charAt(this.#at) === '?') {
      throw this.#createFault('no group with ? other than (?:…)')
    }
    const slot = this.slotCount
    if (!isPlain) this.slotCount += 2
    const node = this.#parseEither()
    if (!this.#take(')')) throw this.#createFault('a closing bracket for each group')
    return isPlain ? node : { op: 'group', node, slot }
  }

  /** What one character may be is left to the engine of the platform, since one character cannot take long. */
  #compileCharacter(source: string): (character: string) => boolean {
    try {
      const pattern = new RegExp(`^${source}$`)
      const ascii = Uint8Array.from({ length: 128 }, (_, code) => Number(pattern.test(String.fromCharCode(code))))
      return character => {
        const known = ascii[character.charCodeAt(0)]
        return known === undefined ? pattern.test(character) : known === 1
      }
    } catch {
      throw this.#createFault('a class of characters whose ranges are in order')
    }
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#source) ?? undefined
    this.#at += match?.[0].length ?? 0
    return match
  }

  #createFault(expectation: string): PatternFault {
    return new PatternFault(`${expectation} (at ${this.#at + 1} of the pattern)`)
  }
}

function emit(node: Node, steps: Step[]): void {
  switch (node.op) {
    case 'sequence':
      for (const part of node.nodes) emit(part, steps)
      return
    case 'either':
      emitEither(node.options, steps)
      return
    case 'group':
      append(steps, { op: 'save', slot: node.slot })
      emit(node.node, steps)
      append(steps, { op: 'save', slot: node.slot + 1 })
      return
    case 'repeat':
      emitRepeat(node, steps)
      return
    default:
      append(steps, node)
  }
}

function emitEither(options: readonly Node[], steps: Step[]): void {
  const [first, ...others] = options
  if (first === undefined) return
  if (others.length === 0) {
    emit(first, steps)
    return
  }
  const split = append(steps, { op: 'split', first: steps.length + 1, second: 0 })
  emit(first, steps)
  const jump = append(steps, { op: 'jump', to: 0 })
  steps[split] = { op: 'split', first: split + 1, second: steps.length }
  emitEither(others, steps)
  steps[jump] = { op: 'jump', to: steps.length }
}

function emitRepeat({ node, min, max, isGreedy, slots: [from, to] }: Repeat, steps: Step[]): void {
  const emitRound = () => {
    if (to > from) append(steps, { op: 'forget', from, to })
    emit(node, steps)
  }
  for (let round = 0; round < min; round += 1) emitRound()
  const splits: number[] = []
  if (max === Number.POSITIVE_INFINITY) {
    const split = append(steps, { op: 'split', first: 0, second: 0 })
    splits.push(split)
    emitRound()
    append(steps, { op: 'jump', to: split })
  } else {
    for (let round = min; round < max; round += 1) {
      splits.push(append(steps, { op: 'split', first: 0, second: 0 }))
      emitRound()
    }
  }
  for (const split of splits) {
    const [first, second] = isGreedy ? [split + 1, steps.length] : [steps.length, split + 1]
    steps[split] = { op: 'split', first, second }
  }
}

/** Answers where the step stands. */
function append(steps: Step[], step: Step): number {
  if (steps.length >= STEPS_MAX) throw new PatternFault(`a pattern of at most ${STEPS_MAX} steps`)
  return steps.push(step) - 1
}

function isWordEdge(text: string, at: number): boolean {
  return WORD_CHARACTER.test(text.charAt(at - 1)) !== WORD_CHARACTER.test(text.charAt(at))
}
