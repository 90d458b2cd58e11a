/** Transforms of lists and objects. */
import { boundList, boundText, ExpressionFault, toText } from './expression-bounds.ts'
import { add, compare } from './operators.ts'

export const LIST_TRANSFORMS = {
  isarray: (value: unknown) => Array.isArray(value),
  lengtharray: (value: unknown) => (typeof value === 'string' ? value.length : requireList(value).length),
  addreduce: (value: unknown) => sum(value),
  joinarrtostr: (value: unknown, separator: unknown) => join(requireList(value), toText(separator ?? ',')),
  concatarr: (value: unknown, other: unknown) => boundList(requireList(value).concat(other)),
  slice: (value: unknown, start: unknown, end: unknown) =>
    (typeof value === 'string' ? value : requireList(value)).slice(toIndex(start), toIndex(end)),
  addset: (value: unknown, item: unknown) => boundList([...new Set([...requireList(value), item])]),
  removeset: (value: unknown, item: unknown) =>
    [...new Set(requireList(value))].filter(other => other !== item),
  mapper: (value: unknown, values: unknown, choices: unknown) =>
    requireList(choices)[requireList(values).indexOf(value)],
  thmapper: (value: unknown, limits: unknown, choices: unknown) =>
    requireList(choices)[requireList(limits).findIndex(limit => compare(value, limit, '<='))],
  valuePicker: (value: unknown, wanted: unknown) => pickKeys(value, item => item === wanted),
  valuePickerMulti: (value: unknown, wanted: unknown) => {
    const all = new Set(requireList(wanted))
    return pickKeys(value, item => all.has(item))
  },
} as const

/** Adds numbers and joins text; null where there is nothing to add. */
function sum(value: unknown): unknown {
  if (!Array.isArray(value) || value.length === 0) return null
  return value.reduce((total: unknown, item: unknown) => add(total, item))
}

/** Item by item, because a long separator between many items is longer than both. */
function join(list: readonly unknown[], separator: string): string {
  let joined = ''
  for (const [index, item] of list.entries()) {
    joined = boundText(joined + (index === 0 ? '' : separator) + toItemText(item))
  }
  return joined
}

function toItemText(item: unknown): string {
  return item === null || item === undefined ? '' : toText(item)
}

function pickKeys(value: unknown, isWanted: (item: unknown) => boolean): readonly string[] {
  if (typeof value !== 'object' || value === null)
    throw new ExpressionFault('an object to pick keys from', value)
  return Object.entries(value).flatMap(([key, item]) => (isWanted(item) ? [key] : []))
}

function toIndex(value: unknown): number | undefined {
  return value === undefined ? undefined : Number(toText(value))
}

function requireList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new ExpressionFault('a list', value)
}
