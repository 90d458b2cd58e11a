/** Text as MQTT allows it on the wire (MQTT 3.1.1, 1.5.3). */
import { isUtf8 } from 'node:buffer'

/** NUL has to be refused (MQTT-1.5.3-2); the other control characters and the noncharacters may be. */
const FORBIDDEN = /[\p{Cc}\p{Noncharacter_Code_Point}]/u

/** Undefined for what is not UTF-8 (MQTT-1.5.3-1), surrogates among it, and for characters that nobody can see. A BOM stays (MQTT-1.5.3-3). */
export function decodeText(bytes: Buffer): string | undefined {
  if (!isUtf8(bytes)) return undefined
  const text = bytes.toString('utf8')
  return FORBIDDEN.test(text) ? undefined : text
}

/** For a log: no more of it than tells what it is. */
export function quote(text: string): string {
  return JSON.stringify(text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}…` : text)
}

const QUOTED_MAX = 100
