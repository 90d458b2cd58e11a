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
  const fault = findFault(value, { charsLeft: TEXT_CHARS_MAX })
  return fault === undefined ? value : new Misfit(fault, value)
}

/** A tree is as deep as a payload may be at most. Each item of it costs its characters, or one. */
function findFault(value: unknown, budget: { charsLeft: number }): string | undefined {
  budget.charsLeft -= typeof value === 'string' ? value.length : 1
  if (budget.charsLeft < 0) return `a value of at most ${TEXT_CHARS_MAX} characters`
  if (typeof value === 'number' && !isExact(value)) return 'numbers of at most 15 digits'
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value)) budget.charsLeft -= Object.keys(value).join('').length
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    const fault = findFault(item, budget)
    if (fault !== undefined) return fault
  }
  return undefined
}
