/** Tells of JSON that gives a name twice in one object: the last value counts, as JSON.parse has it, and what the other was nobody sees. */
import type { Message } from '../reading.ts'
import type { Decode } from './decode.ts'

export type OnRepeatedName = (name: string, message: Message) => void

/** A name is repeated by firmware, in all of its messages: so the first ones are looked at, then one in so many, until one has it. */
const LOOKED_AT = 100
const THEN_ONE_IN = 1_000
/** Readings are shorter; what is longer is not looked at. */
const CHARS_MAX = 16_384
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/gs
const JSON_START = /^\s*[{[]/

/** Decodes as before. `onRepeatedName` is called once at most. */
export function watchNames(decode: Decode, onRepeatedName: OnRepeatedName): Decode {
  let seen = 0
  let isTold = false
  return (message, position) => {
    const readings = decode(message, position)
    seen += 1
    if (isTold || (seen > LOOKED_AT && seen % THEN_ONE_IN !== 0)) return readings
    const name = findRepeatedName(message.payload)
    isTold = name !== undefined
    if (name !== undefined) onRepeatedName(name, message)
    return readings
  }
}

/** Of a payload that could be decoded, so that what begins as JSON is JSON. */
function findRepeatedName(payload: Buffer): string | undefined {
  const text = payload.toString('utf8', 0, CHARS_MAX)
  if (payload.length > CHARS_MAX || !JSON_START.test(text)) return undefined
  const open: Set<string>[] = []
  let latest = ''
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') open.push(new Set())
    else if (token === '}' || token === ']') open.pop()
    else if (token !== ':') latest = token
    else if (open.at(-1)?.has(latest)) return latest.slice(1, -1)
    else open.at(-1)?.add(latest)
  }
  return undefined
}
