/** The operators of expressions, with the results that JavaScript's have, as in JEXL; but objects are never asked for their value. */
import { boundText, toNumber, toPrimitive, toText } from './expression-bounds.ts'

export type Operator = (left: unknown, right: unknown) => unknown

/** `&&` and `||` are not here: they do not always look at their right side. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['+', add],
  ['-', (left, right) => toNumber(left) - toNumber(right)],
  ['*', (left, right) => toNumber(left) * toNumber(right)],
  ['/', (left, right) => toNumber(left) / toNumber(right)],
  ['//', (left, right) => Math.floor(toNumber(left) / toNumber(right))],
  ['%', (left, right) => toNumber(left) % toNumber(right)],
  ['^', (left, right) => toNumber(left) ** toNumber(right)],
  ['==', isEqual],
  ['!=', (left, right) => !isEqual(left, right)],
  ['<', (left, right) => compare(left, right, '<')],
  ['<=', (left, right) => compare(left, right, '<=')],
  ['>', (left, right) => compare(right, left, '<')],
  ['>=', (left, right) => compare(right, left, '<=')],
  ['in', isIn],
])

export function add(left: unknown, right: unknown): unknown {
  if (typeof left === 'number' && typeof right === 'number') return left + right
  const [a, b] = [toPrimitive(left), toPrimitive(right)]
  if (typeof a === 'string' || typeof b === 'string') return boundText(toText(a) + toText(b))
  return toNumber(a) + toNumber(b)
}

export function compare(left: unknown, right: unknown, operator: '<' | '<='): boolean {
  const [a, b] = [toPrimitive(left), toPrimitive(right)]
  if (typeof a === 'string' && typeof b === 'string') return operator === '<' ? a < b : a <= b
  return operator === '<' ? toNumber(a) < toNumber(b) : toNumber(a) <= toNumber(b)
}

/** The loose equality of JavaScript: 1 is "1", and nothing is equal to nothing. */
function isEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (isNothing(left) || isNothing(right)) return isNothing(left) && isNothing(right)
  if (typeof left === typeof right) return false
  const [a, b] = [toPrimitive(left), toPrimitive(right)]
  return typeof a === typeof b ? a === b : toNumber(a) === toNumber(b)
}

/** Part of a text, or an item of a list; nothing is in anything else. */
function isIn(item: unknown, container: unknown): boolean {
  if (typeof container === 'string') return container.includes(toText(item))
  return Array.isArray(container) && container.some(other => other === item)
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined
}
