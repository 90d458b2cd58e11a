/** Numbers as devices write them in text. */

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const CHARS_MAX = 40

/** The number that a text is, or undefined: neither empty text, `0x10`, `1e999` nor `25 °C` is one. */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim()
  if (trimmed.length > CHARS_MAX || !NUMBER.test(trimmed)) return undefined
  const number = Number(trimmed)
  return Number.isFinite(number) ? number : undefined
}
