/** value ÷ divide × scale + offset, in the order of the mapping's, without the noise of binary fractions. */
import type { Field } from '../profiles/formats-fields.ts'

type Calculate = (value: number) => number

/** More than any sensor has. */
const SIGNIFICANT_DIGITS = 12

/** Undefined when there is nothing to calculate. */
export function compileArithmetic({ divide = 1, scale = 1, offset = 0 }: Field): Calculate | undefined {
  // 1 / 0.01 is 100, and dividing by that gives the decimal itself, where multiplying by 0.01 gives one beside it.
  const divisor = divide / scale
  if (offset === 0 && divisor === 1) return undefined
  // Adding 0 makes 0 of -0, which a comparison takes for another number; as text -0 is 0 already.
  if (offset === 0 && Number.isInteger(divisor)) return value => value / divisor + 0
  return value => Number(((value / divide) * scale + offset).toPrecision(SIGNIFICANT_DIGITS))
}
