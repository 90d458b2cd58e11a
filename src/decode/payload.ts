/** A payload as text, and what is shown of it when it cannot be decoded. */
import { isUtf8 } from 'node:buffer'
import { TromostError } from '../errors.ts'

const EXCERPT_CHARS_MAX = 120
/** A character takes at most four bytes, so this is enough for the excerpt and bounds the work. */
const EXCERPT_BYTES_MAX = EXCERPT_CHARS_MAX * 4
const BYTE_ORDER_MARK = '\uFEFF'

/** The payload as text without a byte order mark. */
export function readText(payload: Buffer): string {
  if (payload.length === 0) throw createDecodeError('a payload', payload)
  if (!isUtf8(payload)) throw createDecodeError('text in UTF-8', payload)
  const text = payload.toString('utf8')
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
}

/** The error for a payload that is not what was expected, with an excerpt of it. */
export function createDecodeError(expectation: string, payload: Buffer): TromostError {
  return new TromostError('DECODE_FAILED', `expected ${expectation}, got ${getExcerpt(payload)}`)
}

function getExcerpt(payload: Buffer): string {
  if (payload.length === 0) return 'nothing'
  if (!isUtf8(payload)) return `bytes ${cut(payload.subarray(0, EXCERPT_BYTES_MAX).toString('hex'))}`
  return cut(payload.subarray(0, EXCERPT_BYTES_MAX).toString('utf8')).replace(/\p{C}/gu, showCharacter)
}

function cut(text: string): string {
  return text.length > EXCERPT_CHARS_MAX ? `${text.slice(0, EXCERPT_CHARS_MAX)}…` : text
}

/** Control and formatting characters would let a payload rewrite the line of the log that quotes it. */
function showCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
