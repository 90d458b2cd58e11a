/** Looks over JSON text without building anything of it: how deep it nests, and where it stops being JSON. Each in one pass. */

/** Where a text stops being JSON. */
export interface JsonBreak {
  /** How many characters of it could be JSON. */
  readonly at: number
  /** True where it ends too early, false where something stands that cannot. */
  readonly isCutOff: boolean
}

type State = 'value' | 'valueOrEnd' | 'name' | 'nameOrEnd' | 'colon' | 'commaOrEnd'

const SPACE = /[ \t\n\r]*/y
const PLAIN = /[^"\\\p{Cc}]*/uy
const SPECIAL = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})|[\u007f-\u009f]/y
const WORD = /[\w.+-]*/y
const SCALAR = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/
const LITERAL_START = /^(?:|t|tr|tru|f|fa|fal|fals|n|nu|nul)$/

/** Whether a text nests deeper than so many levels. */
export function isDeeper(text: string, levels: number): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at]
    if (sign === '"') at = findQuote(text, at + 1)
    else if (sign === '[' || sign === '{') depth += 1
    else if (sign === ']' || sign === '}') depth -= 1
    if (depth > levels) return true
  }
  return false
}

/** The quote that closes a string, or the end of the text. */
function findQuote(text: string, start: number): number {
  let at = start
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}

/** For a text that is no JSON, so that there is such a place. */
export function findJsonBreak(text: string): JsonBreak {
  return new Scan(text).run()
}

class Scan {
  readonly #text: string
  /** The brackets that are open. */
  readonly #open: string[] = []
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  run(): JsonBreak {
    let state: State | undefined = 'value'
    while (state !== undefined) {
      this.#take(SPACE)
      state = this.#follow(state)
    }
    return { at: this.#at, isCutOff: this.#at >= this.#text.length }
  }

  /** What may come after the next token; undefined where it is none. */
  #follow(state: State): State | undefined {
    const sign = this.#text.charAt(this.#at)
    const isClosing = sign === '}' || sign === ']'
    if (isClosing && state.endsWith('OrEnd')) return this.#close(sign)
    switch (state) {
      case 'colon':
        return this.#pass(sign === ':', 'value')
      case 'commaOrEnd':
        return this.#pass(sign === ',' && this.#open.length > 0, this.#open.at(-1) === '{' ? 'name' : 'value')
      case 'name':
      case 'nameOrEnd':
        return this.#takeString() ? 'colon' : undefined
      default:
        return this.#takeValue(sign)
    }
  }

  #takeValue(sign: string): State | undefined {
    if (sign === '"') return this.#takeString() ? 'commaOrEnd' : undefined
    if (sign !== '{' && sign !== '[') return this.#takeScalar() ? 'commaOrEnd' : undefined
    this.#open.push(sign)
    return this.#pass(true, sign === '{' ? 'nameOrEnd' : 'valueOrEnd')
  }

  #close(sign: string): State | undefined {
    const isMatching = this.#open.at(-1) === (sign === '}' ? '{' : '[')
    if (isMatching) this.#open.pop()
    return this.#pass(isMatching, 'commaOrEnd')
  }

  #pass(isExpected: boolean, next: State): State | undefined {
    if (isExpected) this.#at += 1
    return isExpected ? next : undefined
  }

  #takeString(): boolean {
    if (this.#text[this.#at] !== '"') return false
    this.#at += 1
    // One pattern for all of it would need a stack that grows with the text.
    do this.#take(PLAIN)
    while (this.#take(SPECIAL) !== '')
    if (this.#text[this.#at] !== '"') return false
    this.#at += 1
    return true
  }

  #takeScalar(): boolean {
    const start = this.#at
    const word = this.#take(WORD)
    if (SCALAR.test(word)) return true
    const isStart = LITERAL_START.test(word) || SCALAR.test(`${word}0`)
    if (!isStart || this.#at < this.#text.length) this.#at = start
    return false
  }

  #take(token: RegExp): string {
    token.lastIndex = this.#at
    const [match = ''] = token.exec(this.#text) ?? []
    this.#at += match.length
    return match
  }
}
