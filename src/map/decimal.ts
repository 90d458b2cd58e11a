/** Rounding in decimals, without the noise of binary fractions. */

const SIGNIFICANT_DIGITS = 12
/** 10^0 to 10^22: the powers of ten that are exact in a double. */
const EXACT_POWERS: readonly number[] = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)

/** 0.1 * 3 is 0.30000000000000004; to twelve digits, more than any sensor has, it is 0.3. */
export function removeNoise(value: number): number {
  if (value === 0) return 0
  const exponent = SIGNIFICANT_DIGITS - Math.ceil(Math.log10(Math.abs(value)))
  const power = EXACT_POWERS[exponent]
  if (power === undefined) return Number(value.toPrecision(SIGNIFICANT_DIGITS))
  return Math.round(value * power) / power
}

/** Halves go away from zero, as people round; 1.005 to two decimals is 1.01. */
export function roundTo(value: number, decimals: number): number {
  const power = 10 ** decimals
  return (Math.sign(value) * Math.round(removeNoise(Math.abs(value) * power))) / power
}
