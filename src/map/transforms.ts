/** What the transforms of expressions do: the names and the results of those of the FIWARE agents. */
import type { TransformName } from '../profiles/expression-transforms.ts'
import { boundList, boundText, boundValue, ExpressionFault, toNumber, toText } from './expression-bounds.ts'
import { replaceText } from './pattern-replace.ts'
import { LIST_TRANSFORMS } from './transforms-of-lists.ts'
import { TIME_TRANSFORMS } from './transforms-of-times.ts'

/** Null where the value is not of a kind that the transform knows. Throws an ExpressionFault for what is too large. */
export type Transform = (value: unknown, ...args: readonly unknown[]) => unknown

/** The two with a pattern are not here: they are compiled, pattern and all. */
type SimpleName = Exclude<TransformName, 'replaceregexp' | 'replaceallregexp'>

/** Text goes in and text comes out, whatever the value was. */
const TEXT_TRANSFORMS = {
  indexOf: (value: unknown, wanted: unknown) => toText(value).indexOf(toText(wanted)),
  length: (value: unknown) => toText(value).length,
  trim: (value: unknown) => toText(value).trim(),
  substr: (value: unknown, start: unknown, count: unknown) => getPart(toText(value), toNumber(start), count),
  touppercase: (value: unknown) => toText(value).toUpperCase(),
  tolowercase: (value: unknown) => toText(value).toLowerCase(),
  tostring: (value: unknown) => (isNothing(value) ? null : toText(value)),
  urlencode: (value: unknown) => boundText(encodeURI(toText(value))),
  urldecode: (value: unknown) => orNull(() => decodeURI(toText(value))),
  hextostring: (value: unknown) => decodeHex(toText(value)),
  hash: (value: unknown) => getHash(toText(value)),
  jsonparse: (value: unknown) => orNull(() => JSON.parse(toText(value), refusePrototype)),
  jsonstringify: (value: unknown) => boundText(JSON.stringify(boundValue(value)) ?? '') || null,
} as const

const NUMBER_TRANSFORMS = {
  parseint: (value: unknown) => orNull(() => Number.parseInt(toText(value), 10)),
  parsefloat: (value: unknown) => orNull(() => Number.parseFloat(toText(value))),
  floor: (value: unknown) => Math.floor(toNumber(value)),
  ceil: (value: unknown) => Math.ceil(toNumber(value)),
  round: (value: unknown) => Math.round(toNumber(value)),
  tofixed: (value: unknown, decimals: unknown) => toFixed(Number.parseFloat(toText(value)), decimals),
  isnan: (value: unknown) => Number.isNaN(toNumber(value)),
  typeof: (value: unknown) => typeof value,
  bitwisemask: (value: unknown, mask: unknown, operator: unknown, shift: unknown) =>
    applyMask(toNumber(value), toNumber(mask), operator) >> toNumber(shift),
} as const

export const TRANSFORMS: Readonly<Record<SimpleName, Transform>> = {
  ...TEXT_TRANSFORMS,
  ...NUMBER_TRANSFORMS,
  ...LIST_TRANSFORMS,
  ...TIME_TRANSFORMS,
  replacestr: (value, wanted, replacement) =>
    replaceText(requireText(value), toText(wanted), toText(replacement)),
  split: (value, separator) => boundList(requireText(value).split(toText(separator))),
}

/** As the old `substr` counts: from the end where the start is negative, and by length. */
function getPart(text: string, start: number, count: unknown): string {
  const from = start < 0 ? Math.max(0, text.length + start) : Math.trunc(start) || 0
  return text.slice(
    from,
    count === undefined ? undefined : from + Math.max(0, Math.trunc(toNumber(count)) || 0),
  )
}

function requireText(value: unknown): string {
  if (typeof value === 'string') return value
  throw new ExpressionFault('text', value)
}

function decodeHex(hex: string): string | null {
  return /^(?:[0-9a-f]{2})*$/i.test(hex) ? boundText(Buffer.from(hex, 'hex').toString()) : null
}

/** The widespread hash of 31 × hash + character, in 32 bits. */
function getHash(text: string): string {
  let hash = 0
  for (let index = 0; index < text.length; index += 1)
    hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0
  return (hash >>> 0).toString(16).padStart(8, '0')
}

function toFixed(number: number, decimals: unknown): string | null {
  return orNull(() => (Number.isNaN(number) ? null : number.toFixed(toNumber(decimals))))
}

function applyMask(number: number, mask: number, operator: unknown): number {
  if (operator === '&') return number & mask
  if (operator === '|') return number | mask
  return operator === '^' ? number ^ mask : number
}

/** An own `__proto__` is harmless here, and is not in the libraries that the value may meet later. */
function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('a key __proto__')
  return value
}

function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined
}

/** Where JavaScript throws or answers NaN, these transforms answer null. */
function orNull<T>(evaluate: () => T): T | null {
  try {
    const result = evaluate()
    return Number.isNaN(result) ? null : result
  } catch (error) {
    if (error instanceof ExpressionFault) throw error
    return null
  }
}
