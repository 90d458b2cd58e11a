/** What may be sent as it came: exact numbers, and texts and trees of a size that brokers take. */
import { TEXT_CHARS_MAX } from './expression-bounds.ts'
import { Misfit } from './misfit.ts'

/**
 * Finite, and no whole number beyond 2^53, whose last digits are not what the device sent: JSON would say `null` for the one and
 * another number for the other.
 */
export function isExact(number: number): boolean {
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER
}

/** The value, or a Misfit. */
export function checkPlain(value: unknown): unknown {
  if (typeof value === 'number')
    return isExact(value) ? value : new Misfit('a number of at most 15 digits', value)
  const isTree = typeof value === 'object' && value !== null
  if (!isTree && (typeof value !== 'string' || value.length <= TEXT_CHARS_MAX)) return value
  return findMisfit(value, { charsLeft: TEXT_CHARS_MAX }) ?? value
}

/** Of a tree, which is as deep as a payload may be at most. Each item costs its characters, or one. */
function findMisfit(value: unknown, budget: { charsLeft: number }): Misfit | undefined {
  budget.charsLeft -= typeof value === 'string' ? value.length : 1
  if (budget.charsLeft < 0) return new Misfit(`at most ${TEXT_CHARS_MAX} characters`, 'more')
  if (typeof value === 'number' && !isExact(value)) return new Misfit('numbers of at most 15 digits', value)
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value)) budget.charsLeft -= Object.keys(value).join('').length
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    const misfit = findMisfit(item, budget)
    if (misfit !== undefined) return misfit
  }
  return undefined
}
