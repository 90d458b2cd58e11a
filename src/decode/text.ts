/** Decodes text that is one value: a number, or a word. */
import { parseNumber } from '../profiles/number.ts'
import type { TextFormat } from '../profiles/profile.ts'
import type { Message, Reading } from '../reading.ts'
import { getAttributeName } from './attribute-topic.ts'
import { createDecodeError, readText } from './payload.ts'

const CONTROL_CHARACTER = /\p{Cc}/u

export function compileText(format: TextFormat): (message: Message) => readonly Reading[] {
  return ({ topic, payload, receivedAt }) => {
    // Firmware written in C sends the zero that ends its strings along.
    const text = readText(payload).replace(/\0+$/, '').trim()
    if (text === '' || CONTROL_CHARACTER.test(text)) throw createDecodeError('one value as text', payload)
    const name = getAttributeName(topic) ?? format.name
    return [{ values: { [name]: parseValue(text, format.decimal) }, observedAt: receivedAt }]
  }
}

/** With a decimal comma a point is no decimal point, so `1.234` stays text rather than become a wrong number. */
function parseValue(text: string, decimal: TextFormat['decimal']): number | string {
  if (decimal === '.') return parseNumber(text) ?? text
  return (text.includes('.') ? undefined : parseNumber(text.replace(',', '.'))) ?? text
}
