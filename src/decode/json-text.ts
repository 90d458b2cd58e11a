/** Parses JSON that a stranger wrote: bounded in depth; keys that reach for prototypes are left out. */
import { findJsonBreak, isDeeper } from './json-scan.ts'
import { createDecodeError, DEPTH_MAX, readText } from './payload.ts'

/** What JSON can start with. A word that cannot be one is not tried: failing costs more than parsing. */
const NATIVE_START = /^(?:[-\d"[{]|true$|false$|null$)/
/** Readings are shorter, and what is shorter cannot nest so deep that parsing it would do harm. */
const HARMLESS_CHARS_MAX = 4096
const TOO_DEEP = `at most ${DEPTH_MAX} levels`

export function parseJson(payload: Buffer): unknown {
  const text = readText(payload)
  const value = tryParse(text, payload)
  if (value === undefined) throw createDecodeError(`JSON (${showBreak(text, payload)})`, payload)
  cleanTree(value, payload)
  return value
}

/** For topics that name one attribute, where `70`, `"on"` and a bare `on` are all values. */
export function parseJsonOrText(payload: Buffer): unknown {
  const text = readText(payload).trim()
  if (text === '') throw createDecodeError('a value', payload)
  return parseNative(text, payload)
}

/** A JSON value where the text is one, else the text. */
export function parseNative(text: string, payload: Buffer): unknown {
  const parsed = NATIVE_START.test(text) ? tryParse(text, payload) : undefined
  const value = parsed === undefined ? text : parsed
  cleanTree(value, payload)
  return value
}

/** No JSON text means undefined, so that stands for what is none. */
function tryParse(text: string, payload: Buffer): unknown {
  if (text.length > HARMLESS_CHARS_MAX && isDeeper(text, DEPTH_MAX)) {
    throw createDecodeError(TOO_DEEP, payload)
  }
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** In bytes, which is how a payload is counted wherever it is shown. */
function showBreak(text: string, payload: Buffer): string {
  const { at, isCutOff } = findJsonBreak(text)
  // A byte order mark was in the payload and is not in the text.
  const byte = payload.length - Buffer.byteLength(text.slice(at))
  return `${isCutOff ? 'cut off' : 'broken'} at byte ${byte}`
}

function cleanTree(value: unknown, payload: Buffer): void {
  const expectation = clean(value, 1)
  if (expectation !== undefined) throw createDecodeError(expectation, payload)
}

/** Leaves out what nobody may have; the answer is what cannot be left out, as an expectation. */
function clean(value: unknown, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (depth > DEPTH_MAX) return TOO_DEEP
  if (Array.isArray(value)) return cleanArray(value, depth)
  // Cheaper than Object.keys, and safe: what JSON.parse makes inherits nothing that can be enumerated.
  for (const key in value) {
    if (key === '__proto__') {
      Reflect.deleteProperty(value, key)
      continue
    }
    const child = (value as Readonly<Record<string, unknown>>)[key]
    const fault = typeof child === 'object' ? clean(child, depth + 1) : undefined
    if (fault !== undefined) return fault
  }
  return undefined
}

function cleanArray(items: readonly unknown[], depth: number): string | undefined {
  for (const item of items) {
    const fault = clean(item, depth + 1)
    if (fault !== undefined) return fault
  }
  return undefined
}
