/** Expressions in JEXL syntax as trees. They are parsed once, when a profile is read, and never while messages flow. */
import { TromostError } from '../errors.ts'
import { parsePattern } from './expression-pattern.ts'
import { createFault, splitTokens, type Token } from './expression-tokens.ts'
import { getTransformShape, isTransformName, type TransformName } from './expression-transforms.ts'

export type Expression =
  | { readonly kind: 'constant'; readonly value: string | number | boolean | null }
  | { readonly kind: 'name'; readonly name: string }
  /** `a.b` and `a[b]` differ where a is a list: the first looks into its first element. */
  | { readonly kind: 'member'; readonly of: Expression; readonly key: string }
  | { readonly kind: 'element'; readonly of: Expression; readonly key: Expression }
  | { readonly kind: 'unary'; readonly operator: '!' | '-'; readonly of: Expression }
  | {
      readonly kind: 'binary'
      readonly operator: string
      readonly left: Expression
      readonly right: Expression
    }
  | { readonly kind: 'choice'; readonly test: Expression; readonly yes?: Expression; readonly no: Expression }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'record'; readonly entries: readonly (readonly [string, Expression])[] }
  | TransformCall

export interface TransformCall {
  readonly kind: 'transform'
  readonly name: TransformName
  readonly of: Expression
  readonly args: readonly Expression[]
}

/** As deep as a payload may be; nobody can read more brackets than that either. */
const DEPTH_MAX = 32

/** As in JEXL, where && and || bind alike, and so do % and ^; all of them group to the left. */
const PRECEDENCE: ReadonlyMap<string, number> = new Map([
  ...['||', '&&'].map(sign => [sign, 1] as const),
  ...['==', '!=', '<', '<=', '>', '>=', 'in'].map(sign => [sign, 2] as const),
  ...['+', '-'].map(sign => [sign, 3] as const),
  ...['*', '/', '//'].map(sign => [sign, 4] as const),
  ...['%', '^'].map(sign => [sign, 5] as const),
])

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
])

/** Throws PROFILE_INVALID, which says what was expected and at which character. */
export function parseExpression(text: string): Expression {
  return new Parser(splitTokens(text)).parse()
}

/** What is wrong with an expression; undefined when it is sound. */
export function findExpressionFault(text: string): string | undefined {
  try {
    parseExpression(text)
    return undefined
  } catch (error) {
    if (error instanceof TromostError) return error.detail
    throw error
  }
}

class Parser {
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  parse(): Expression {
    const expression = this.#parseChoice()
    this.#expectEnd()
    return expression
  }

  /** `a ? b : c`, and `a ?: c` for a itself where it is true. */
  #parseChoice(): Expression {
    this.#depth += 1
    if (this.#depth > DEPTH_MAX) throw createFault(`at most ${DEPTH_MAX} levels`, this.#peek().at)
    const test = this.#parseBinary(1)
    const expression = this.#take('?') ? this.#parseBranches(test) : test
    this.#depth -= 1
    return expression
  }

  #parseBranches(test: Expression): Expression {
    if (this.#take(':')) return { kind: 'choice', test, no: this.#parseChoice() }
    const yes = this.#parseChoice()
    this.#expect(':')
    return { kind: 'choice', test, yes, no: this.#parseChoice() }
  }

  #parseBinary(precedenceMin: number): Expression {
    let left = this.#parseUnary()
    for (;;) {
      const operator = this.#peek().text
      const precedence = PRECEDENCE.get(operator) ?? 0
      if (precedence < precedenceMin) return left
      this.#next += 1
      left = { kind: 'binary', operator, left, right: this.#parseBinary(precedence + 1) }
    }
  }

  #parseUnary(): Expression {
    const signs: ('!' | '-')[] = []
    for (;;) {
      if (this.#take('!')) signs.push('!')
      else if (this.#take('-')) signs.push('-')
      else break
    }
    const operand = this.#peek()
    if (signs.at(-1) === '-' && operand.kind === 'number') {
      // The minus belongs to the number: -2.5|floor is -3.
      signs.pop()
      this.#next += 1
      return wrap(signs, this.#parsePostfix({ kind: 'constant', value: -operand.value }))
    }
    return wrap(signs, this.#parsePostfix(this.#parseOperand()))
  }

  /** What follows an operand binds to it alone: in `a + b|round` only b is rounded. */
  #parsePostfix(operand: Expression): Expression {
    let of = operand
    for (;;) {
      if (this.#take('.')) of = { kind: 'member', of, key: this.#expectName('a name') }
      else if (this.#take('[')) of = { kind: 'element', of, key: this.#parseUntil(']') }
      else if (this.#take('|')) of = this.#parseTransform(of)
      else return of
    }
  }

  #parseOperand(): Expression {
    const token = this.#peek()
    this.#next += 1
    if (token.kind === 'number' || token.kind === 'text') return { kind: 'constant', value: token.value }
    if (token.kind === 'name' && token.text !== 'in') {
      const value = CONSTANTS.get(token.text)
      return value === undefined ? { kind: 'name', name: token.text } : { kind: 'constant', value }
    }
    if (token.text === '(') return this.#parseUntil(')')
    if (token.text === '[') return { kind: 'list', items: this.#parseList(']') }
    if (token.text === '{') return this.#parseRecord()
    throw createFault('a value', token.at)
  }

  #parseUntil(end: string): Expression {
    const expression = this.#parseChoice()
    this.#expect(end)
    return expression
  }

  #parseList(end: string): readonly Expression[] {
    const items: Expression[] = []
    if (this.#take(end)) return items
    do items.push(this.#parseChoice())
    while (this.#take(','))
    this.#expect(end)
    return items
  }

  #parseRecord(): Expression {
    const entries: (readonly [string, Expression])[] = []
    if (this.#take('}')) return { kind: 'record', entries }
    do {
      const { at } = this.#peek()
      const key = this.#expectKey()
      if (key === '__proto__') throw createFault('another key than __proto__', at)
      this.#expect(':')
      entries.push([key, this.#parseChoice()])
    } while (this.#take(','))
    this.#expect('}')
    return { kind: 'record', entries }
  }

  #parseTransform(of: Expression): Expression {
    const { at } = this.#peek()
    const name = this.#expectName('the name of a transform')
    if (!isTransformName(name)) throw createFault('the name of a transform that is known', at)
    const args = this.#take('(') ? this.#parseList(')') : []
    checkArguments(name, args, at)
    return { kind: 'transform', name, of, args }
  }

  #expectKey(): string {
    const token = this.#peek()
    if (token.kind !== 'text') return this.#expectName('a key')
    this.#next += 1
    return token.value
  }

  #expectName(what: string): string {
    const token = this.#peek()
    if (token.kind !== 'name') throw createFault(what, token.at)
    this.#next += 1
    return token.text
  }

  #expect(sign: string): void {
    if (!this.#take(sign)) throw createFault(sign, this.#peek().at)
  }

  #expectEnd(): void {
    const { kind, at } = this.#peek()
    if (kind !== 'end') throw createFault('an operator or the end', at)
  }

  /** A text in quotes is no sign whatever it says, for the quotes are part of its token. */
  #take(sign: string): boolean {
    if (this.#peek().text !== sign) return false
    this.#next += 1
    return true
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', at: 0, text: '' }
  }
}

function wrap(signs: readonly ('!' | '-')[], operand: Expression): Expression {
  return signs.reduceRight<Expression>((of, operator) => ({ kind: 'unary', operator, of }), operand)
}

function checkArguments(name: TransformName, args: readonly Expression[], at: number): void {
  const { argumentsMin: min, argumentsMax: max, hasPattern } = getTransformShape(name)
  if (args.length < min || args.length > max) {
    throw createFault(`${name} with ${min === max ? min : `${min} to ${max}`} arguments`, at)
  }
  if (!hasPattern) return
  const [pattern] = args
  if (pattern?.kind !== 'constant' || typeof pattern.value !== 'string') {
    throw createFault(`${name} with a pattern that is a constant text`, at)
  }
  const parsed = parsePattern(pattern.value)
  if (parsed.problem !== undefined) throw createFault(`${name} with ${parsed.problem}`, at)
}
