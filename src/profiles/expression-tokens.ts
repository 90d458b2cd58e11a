/** The words of an expression (JEXL syntax), each with the place where it stands. */
import { TromostError } from '../errors.ts'

export type Token =
  | { readonly kind: 'number'; readonly at: number; readonly text: string; readonly value: number }
  | { readonly kind: 'text'; readonly at: number; readonly text: string; readonly value: string }
  | { readonly kind: 'name' | 'sign' | 'end'; readonly at: number; readonly text: string }

/** Longer ones are programs, and belong into a codec. The bound is also what keeps every expression cheap. */
const CHARS_MAX = 1024

const SPACE = /\s*/y
const NUMBER = /\d*\.\d+|\d+/y
const TEXT = /'(?:\\[\s\S]|[^'\\])*'|"(?:\\[\s\S]|[^"\\])*"/y
const NAME = /[\p{L}_$][\p{L}\p{N}_$]*/uy
const SIGN = /\/\/|==|!=|<=|>=|&&|\|\||[-+*/%^<>!?:|.,()[\]{}]/y

/** Throws PROFILE_INVALID at the first character that belongs to no word. The last token is always the end. */
export function splitTokens(text: string): readonly Token[] {
  if (text.length > CHARS_MAX)
    throw createFault(`an expression of at most ${CHARS_MAX} characters`, CHARS_MAX)
  const tokens: Token[] = []
  let at = skipSpace(text, 0)
  while (at < text.length) {
    const token = readToken(text, at)
    tokens.push(token)
    at = skipSpace(text, at + token.text.length)
  }
  return [...tokens, { kind: 'end', at, text: '' }]
}

/** Positions count from 1, as editors do. */
export function createFault(expectation: string, at: number): TromostError {
  return new TromostError('PROFILE_INVALID', `expected ${expectation} at character ${at + 1}`)
}

function readToken(source: string, at: number): Token {
  const number = matchAt(NUMBER, source, at)
  if (number !== undefined) return { kind: 'number', at, text: number, value: Number(number) }
  const text = matchAt(TEXT, source, at)
  if (text !== undefined) return { kind: 'text', at, text, value: unquote(text) }
  const name = matchAt(NAME, source, at)
  if (name !== undefined) return { kind: 'name', at, text: name }
  const sign = matchAt(SIGN, source, at)
  if (sign !== undefined) return { kind: 'sign', at, text: sign }
  throw createFault(`'"`.includes(source[at] ?? '') ? 'a closing quote for the one' : 'another sign', at)
}

/** Only the quote and the backslash are escaped in JEXL: '\d' is two characters, as patterns need it. */
function unquote(text: string): string {
  const quote = text.charAt(0)
  return text
    .slice(1, -1)
    .replace(/\\([\s\S])/g, (escaped, character) =>
      character === quote || character === '\\' ? character : escaped,
    )
}

function skipSpace(text: string, at: number): number {
  return at + (matchAt(SPACE, text, at)?.length ?? 0)
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}
