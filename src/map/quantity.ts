/** Numbers with their unit in the same text, as some decoders give them: `2000 mm`, `25 ℃`, `83%`. */
import { parseNumber } from '../profiles/number.ts'

/** A unit may hold digits only after a space (`5 m3/h`): else `0x10` would be 0 of the unit x10. */
const QUANTITY = /^\s*([+-]?(?:\d+\.?\d*|\.\d+))(?:\s*[\p{L}%‰°℃℉²³/·.]+|\s+[\p{L}][\p{L}\d²³/·.]*)\s*$/u
const CHARS_MAX = 40

/** The unit is not looked at: a device does not change it from message to message, and the profile says what it is. */
export function parseQuantity(text: string): number | undefined {
  if (text.length > CHARS_MAX) return undefined
  const number = QUANTITY.exec(text)?.[1]
  return number === undefined ? undefined : parseNumber(number)
}
