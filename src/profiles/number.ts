/** Numbers as devices write them in text. */

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const CHARS_MAX = 40

/** The number that a text is, or undefined: neither empty text, `0x10`, `1e999`, `25 °C` nor the twenty digits of a SIM card is one. */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim()
  if (trimmed.length > CHARS_MAX || !NUMBER.test(trimmed)) return undefined
  const number = Number(trimmed)
  // A whole number beyond 2^53 would lose its last digits.
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : undefined
}
