/** Holds a document that a person wrote against a schema; every fault names file, key, expectation and value. */
import type { z } from 'zod'
import type { Locate, Place } from './yaml-text.ts'

/** What is wrong at one place of one file, with line and column where the file has the key. */
export interface Fault extends Partial<Place> {
  readonly file: string
  /** Path of the key, such as `entities.0.attributes.temperature.unit`; empty for the whole file. */
  readonly key: string
  readonly problem: string
}

/** A value, or what keeps it from being one. Never both. */
export type Checked<T> =
  | { readonly value: T; readonly faults?: never }
  | { readonly faults: readonly Fault[] }

const EXCERPT_CHARS_MAX = 80
/** Of YAML 1.1, as compose files use it; what it would add must not go missing silently. */
const MERGE_KEY_PROBLEM = 'merge keys are not understood: write the keys out'
/** A key, or a key below another one: the value of a header is secret whatever the header is called. */
const SECRET_KEY = /password|secret|token(?!Url)|^auth$|^auth\.value$|(?:^|\.)psk$/i

export function formatFault({ file, key, problem, line, column }: Fault): string {
  const place = line === undefined ? '' : ` (line ${line}, column ${column})`
  return `${file}: ${key === '' ? '' : `${key}: `}${problem}${place}`
}

/** Adds line and column to faults that were found in what a file says. */
export function locateFaults(faults: readonly Fault[], locate: Locate): readonly Fault[] {
  return faults.map(fault => ({ ...fault, ...locate(fault.key) }))
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
    : {
        faults: describeIssues(result.error, raw).map(({ path, problem }) => ({
          file,
          key: path.map(String).join('.'),
          problem,
        })),
      }
}

/** What is wrong at one place of a value. */
export interface Misfit {
  readonly path: readonly PropertyKey[]
  readonly problem: string
  readonly isUnknownKey?: boolean
}

/** What a schema finds wrong in a value, in the words of this house: what was expected, and what was got. */
export function describeIssues(error: z.ZodError, raw: unknown): readonly Misfit[] {
  return error.issues.flatMap(issue => toMisfits(issue, raw))
}

/** A value as it is shown in a fault: JSON, shortened, without what is secret. */
export function showValue(value: unknown): string {
  // JSON has no word for numbers that are none, such as the device id 24e124136, which YAML takes for a power of ten.
  const isNoJson = typeof value === 'number' && !Number.isFinite(value)
  const json = isNoJson ? String(value) : JSON.stringify(value, hideSecret)
  const text = value === undefined ? 'nothing' : (json ?? String(value))
  return hideLogin(text)
}

/** What stands in an address before its host. */
function hideLogin(whole: string): string {
  const text = whole.replace(/\/\/[^/@\s"]*@/g, '//(hidden)@')
  return text.length > EXCERPT_CHARS_MAX ? `${text.slice(0, EXCERPT_CHARS_MAX)}…` : text
}

function hideSecret(key: string, value: unknown): unknown {
  return SECRET_KEY.test(key) && value !== undefined ? '(hidden)' : value
}

function toMisfits(issue: z.core.$ZodIssue, raw: unknown): readonly Misfit[] {
  const { path } = issue
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(unknown => ({
      path: [...path, unknown],
      problem: unknown === '<<' ? MERGE_KEY_PROBLEM : 'this key is not known',
      isUnknownKey: true,
    }))
  }
  if (issue.code === 'invalid_union' && !issue.message.startsWith('expected')) {
    const [first] = pickClosest(issue.errors)
    if (first !== undefined) return toMisfits({ ...first, path: [...path, ...first.path] }, raw)
  }
  const place = path.slice(-2).map(String).join('.')
  const got = showValue(hideSecret(place, getAt(raw, path)))
  return [{ path, problem: `${getExpectation(issue)}, got ${got}` }]
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
