/** Reads a YAML document that a person wrote and holds it against a schema; every fault names file, key, expectation and value. */
import { isUtf8 } from 'node:buffer'
import { readFileSync, statSync } from 'node:fs'
import { relative } from 'node:path'
import { parseDocument } from 'yaml'
import type { z } from 'zod'
import { getMessage } from './errors.ts'

/** What is wrong at one place of one file. */
export interface Fault {
  readonly file: string
  /** Path of the key, such as `entities.0.attributes.temperature.unit`; empty for the whole file. */
  readonly key: string
  readonly problem: string
}

/** A value, or what keeps it from being one. Never both. */
export type Checked<T> =
  | { readonly value: T; readonly faults?: never }
  | { readonly faults: readonly Fault[] }

/** A document larger than this was not written by a person; the bound also tames what a parser can be made to build. */
const DOCUMENT_BYTES_MAX = 4 * 1024 * 1024
const EXCERPT_CHARS_MAX = 80
/** As one character, and as its three bytes. */
const BYTE_ORDER_MARK = /^(?:\uFEFF|\u00EF\u00BB\u00BF)/
/** A key, or a key below another one: the value of a header is secret whatever the header is called. */
const SECRET_KEY = /password|secret|token|^auth$|^auth\.value$/i

export function formatFault(fault: Fault): string {
  return fault.key === ''
    ? `${fault.file}: ${fault.problem}`
    : `${fault.file}: ${fault.key}: ${fault.problem}`
}

/** Reads and parses one YAML file. JSON is YAML, so both are taken. Duplicate keys and alias bombs are faults. */
export function readDocument(path: string): Checked<unknown> {
  const file = relative(process.cwd(), path) || path
  try {
    const { size } = statSync(path)
    if (size > DOCUMENT_BYTES_MAX) {
      return toFault(file, `expected at most ${DOCUMENT_BYTES_MAX} bytes, got ${size}`)
    }
    const { error, value } = parseNarrow(readFileSync(path))
    return error === undefined ? { value } : toFault(file, error)
  } catch (error) {
    return toFault(file, getMessage(error))
  }
}

/** Holds a parsed document against its schema. */
export function checkDocument<S extends z.ZodType>(
  schema: S,
  raw: unknown,
  file: string,
): Checked<z.output<S>> {
  const result = schema.safeParse(raw)
  return result.success
    ? { value: result.data }
    : { faults: result.error.issues.flatMap(issue => toFaults(issue, raw, file)) }
}

/** A value as it is shown in a fault: JSON, shortened, without what is secret. */
export function showValue(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value, hideSecret) ?? String(value))
  return text.length > EXCERPT_CHARS_MAX ? `${text.slice(0, EXCERPT_CHARS_MAX)}…` : text
}

/**
 * One č anywhere in a text makes every string that is cut from it a wide one, keys and units too, and everything that is later
 * built from them: serializing an entity takes three times as long then. So the bytes are parsed as if each was a character,
 * and only the strings that need it are made UTF-8 afterwards. Escapes would be mistaken for bytes; a text with any is parsed as it is.
 */
function parseNarrow(bytes: Buffer): { readonly error?: string; readonly value?: unknown } {
  if (!isUtf8(bytes)) return { error: 'expected UTF-8 text, got other bytes' }
  const hasEscapes = /\\[xuUN_LP]/.test(bytes.toString('latin1'))
  const text = bytes.toString(hasEscapes ? 'utf8' : 'latin1').replace(BYTE_ORDER_MARK, '')
  const document = parseDocument(text, { uniqueKeys: true })
  const [error] = document.errors
  if (error !== undefined) return { error: error.message.split('\n')[0] ?? '' }
  const value: unknown = document.toJS() ?? {}
  return { value: hasEscapes ? value : widen(value) }
}

function widen(value: unknown): unknown {
  if (typeof value === 'string') return widenText(value)
  if (Array.isArray(value)) return value.map(widen)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [widenText(key), widen(item)]))
}

function widenText(text: string): string {
  return /[\x80-\xff]/.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text
}

function hideSecret(key: string, value: unknown): unknown {
  return SECRET_KEY.test(key) && value !== undefined ? '(hidden)' : value
}

function toFault(file: string, problem: string): Checked<never> {
  return { faults: [{ file, key: '', problem }] }
}

function toFaults(issue: z.core.$ZodIssue, raw: unknown, file: string): Fault[] {
  const key = issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(unknown => ({ file, key: joinKey(key, unknown), problem: 'this key is not known' }))
  }
  if (issue.code === 'invalid_union') {
    const [first] = pickClosest(issue.errors)
    if (first !== undefined) return toFaults({ ...first, path: [...issue.path, ...first.path] }, raw, file)
  }
  const place = issue.path.slice(-2).map(String).join('.')
  const got = showValue(hideSecret(place, getAt(raw, issue.path)))
  return [{ file, key, problem: `${getExpectation(issue)}, got ${got}` }]
}

function joinKey(parent: string, key: string): string {
  return parent === '' ? key : `${parent}.${key}`
}

/** Of the branches of a union, the one that went deepest into the value is the one that was meant; none is when the value is of another type. */
function pickClosest(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] {
  const meant = branches.filter(branch => !branch.some(isOfOtherType))
  const depth = (branch: readonly z.core.$ZodIssue[]) =>
    Math.max(0, ...branch.map(issue => issue.path.length))
  const [first = [], ...others] = meant
  return others.reduce((best, branch) => (depth(branch) > depth(best) ? branch : best), first)
}

function isOfOtherType({ code, path }: z.core.$ZodIssue): boolean {
  return code === 'invalid_type' && path.length === 0
}

/** Our own schema messages start with "expected"; zod's are put the same way. */
function getExpectation(issue: z.core.$ZodIssue): string {
  if (issue.message.startsWith('expected')) return issue.message
  if (issue.code === 'invalid_union' && 'options' in issue) {
    return `expected one of ${issue.options.map(String).join(', ')}`
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) return getChoices(issue.errors)
  if (issue.code === 'invalid_value') return `expected one of ${issue.values.map(String).join(', ')}`
  if (issue.code === 'invalid_type') return `expected ${issue.expected}`
  if (issue.code === 'too_small') return `expected at least ${issue.minimum}`
  if (issue.code === 'too_big') return `expected at most ${issue.maximum}`
  return `expected something else (${issue.message})`
}

/** A value that is of no type that is known to the branches of a union. */
function getChoices(branches: readonly (readonly z.core.$ZodIssue[])[]): string {
  const choices = branches.flatMap(([first]) => (first === undefined ? [] : getExpectation(first)))
  return `expected ${[...new Set(choices.map(choice => choice.replace(/^expected /, '')))].join(' or ')}`
}

function getAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    raw,
  )
}
