/** A payload as text, its limits, and what is shown of it when it cannot be decoded. */
import { isAscii, isUtf8 } from 'node:buffer'
import { TromostError } from '../errors.ts'
import type { Reading } from '../reading.ts'

/** Deeper than any device's values, and far from what a stack bears. */
export const DEPTH_MAX = 32
const READINGS_MAX = 1000

const EXCERPT_CHARS_MAX = 120
/** A character takes at most four bytes, so this is enough for the excerpt and bounds the work. */
const EXCERPT_BYTES_MAX = EXCERPT_CHARS_MAX * 4
const BYTE_ORDER_MARK = '\uFEFF'
/** In hexadecimal: its byte order mark, or two letters of which every other byte is zero. */
const UTF_16_START = /^(?:fffe|feff|(?!00)..00(?!00)..00|00(?!00)..00(?!00)..)/

/** The payload as text without a byte order mark. */
export function readText(payload: Buffer): string {
  if (payload.length === 0) throw createDecodeError('a payload', payload)
  // Nearly all payloads are ASCII, and those are read in half the time.
  if (isAscii(payload)) return payload.toString('latin1')
  if (!isUtf8(payload)) throw createDecodeError('text in UTF-8', payload)
  const text = payload.toString('utf8')
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
}

/** The error for a payload that is not what was expected, with an excerpt of it. */
export function createDecodeError(expectation: string, payload: Buffer): TromostError {
  return new TromostError('DECODE_FAILED', `expected ${expectation}, got ${getExcerpt(payload)}`)
}

/** The same for a format in bytes: what happens to be text is shown as bytes too. */
export function createBytesError(expectation: string, payload: Buffer): TromostError {
  return new TromostError('DECODE_FAILED', `expected ${expectation}, got ${getBytesExcerpt(payload)}`)
}

/** One message is worth so many readings at most, however it says them. */
export function limitReadings(readings: readonly Reading[], payload: Buffer): readonly Reading[] {
  if (readings.length <= READINGS_MAX) return readings
  throw createDecodeError(`at most ${READINGS_MAX} readings in one message`, payload)
}

/** Names that a payload gives. `__proto__` reaches for prototypes wherever a value is copied. */
export function checkName(name: string, payload: Buffer): string {
  if (name === '') throw createDecodeError('a name for each value', payload)
  if (name === '__proto__') throw createDecodeError('no key named __proto__', payload)
  return name
}

function getExcerpt(payload: Buffer): string {
  const disguise = getDisguise(payload)
  if (disguise !== undefined) return `${disguise}, ${getBytesExcerpt(payload)}`
  if (payload.length === 0 || !isUtf8(payload)) return getBytesExcerpt(payload)
  return cut(payload.subarray(0, EXCERPT_BYTES_MAX).toString('utf8')).replace(/\p{C}/gu, showCharacter)
}

/** What a payload is that should have been text, where its first bytes tell. */
function getDisguise(payload: Buffer): string | undefined {
  const start = payload.toString('hex', 0, 4)
  if (start.startsWith('1f8b')) return 'gzip'
  return UTF_16_START.test(start) ? 'UTF-16' : undefined
}

function getBytesExcerpt(payload: Buffer): string {
  if (payload.length === 0) return 'nothing'
  return `bytes ${cut(payload.subarray(0, EXCERPT_BYTES_MAX).toString('hex'))}`
}

function cut(text: string): string {
  return text.length > EXCERPT_CHARS_MAX ? `${text.slice(0, EXCERPT_CHARS_MAX)}…` : text
}

/** Control and formatting characters would let a payload rewrite the line of the log that quotes it. */
function showCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
