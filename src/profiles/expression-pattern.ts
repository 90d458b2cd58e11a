/** Regular expressions for a matcher that cannot run away; what such a matcher cannot do is refused. */
import { compileSteps, type Node, PatternFault, type Step } from './expression-pattern-steps.ts'

export interface Pattern {
  readonly steps: readonly Step[]
  /** Two for the whole match and two for each group: where it begins and where it ends. */
  readonly slotCount: number
}

type Parsed =
  | { readonly pattern: Pattern; readonly problem?: never }
  | { readonly pattern?: never; readonly problem: string }

const DEPTH_MAX = 16

const CLASS = /\[\^?(?:\\[\s\S]|[^\]\\])*\]/y
const ESCAPE = /\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|c[A-Za-z]|[dDsSwWtnrvf]|[^A-Za-z0-9])/y
const PLAIN = /[^\\^$*+?()[|{]/y
const QUANTIFIER = /(?:([*+?])|\{(\d{1,4})(?:(,)(\d{1,4})?)?\})(\?)?/y
const WORD_CHARACTER = /\w/

export function parsePattern(source: string): Parsed {
  try {
    const parser = new PatternParser(source)
    const node = parser.parse()
    return { pattern: { steps: compileSteps(node), slotCount: parser.slotCount } }
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
    while (/[^|)]/.test(this.#source.charAt(this.#at))) nodes.push(this.#parseRepeat())
    return { op: 'sequence', nodes }
  }

  #parseRepeat(): Node {
    const slotsBefore = this.slotCount
    const node = this.#parseAtom()
    const match = this.#match(QUANTIFIER)
    if (match === undefined) return node
    // What an empty round does differs from engine to engine.
    if (canBeEmpty(node)) throw this.#createFault('a quantifier only after what takes a character')
    const [, sign, count, comma, most, lazy] = match
    const min = sign === undefined ? Number(count) : sign === '+' ? 1 : 0
    const open = sign === '?' ? 1 : Number.POSITIVE_INFINITY
    const max =
      sign !== undefined ? open : comma === undefined ? min : Number(most ?? Number.POSITIVE_INFINITY)
    if (min > max) throw this.#createFault('a quantifier whose numbers are in order')
    return {
      op: 'repeat',
      node,
      min,
      max,
      isGreedy: lazy === undefined,
      slots: [slotsBefore, this.slotCount],
    }
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
      const ascii = Uint8Array.from({ length: 128 }, (_, code) =>
        Number(pattern.test(String.fromCharCode(code))),
      )
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

function canBeEmpty(node: Node): boolean {
  switch (node.op) {
    case 'character':
      return false
    case 'assert':
      return true
    case 'sequence':
      return node.nodes.every(canBeEmpty)
    case 'either':
      return node.options.some(canBeEmpty)
    case 'group':
      return canBeEmpty(node.node)
    case 'repeat':
      return node.min === 0
  }
}

function isWordEdge(text: string, at: number): boolean {
  return WORD_CHARACTER.test(text.charAt(at - 1)) !== WORD_CHARACTER.test(text.charAt(at))
}
