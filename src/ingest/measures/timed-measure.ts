/** The `t` of a request, written into its measure the way a sensor says it over MQTT: the journal holds topic and payload, no more. */
import type { MeasureRequest } from './measure-request.ts'

/** What a message is made of. */
export interface Measure {
  readonly attribute: string | undefined
  readonly payload: Buffer
}

const NAME = 'TimeInstant'

/** A measure that says its own time keeps it; one that is no JSON or Ultralight is left as it came. */
export function addTime(
  { protocol, attribute, time }: Pick<MeasureRequest, 'protocol' | 'attribute' | 'time'>,
  payload: Buffer,
): Measure {
  if (time === undefined) return { attribute, payload }
  const text = payload.toString('utf8')
  if (protocol === 'ul') return addToUltralight(attribute, time, text)
  if (attribute === undefined) return { attribute, payload: Buffer.from(addMember(text, time)) }
  return { attribute, payload: Buffer.from(addToValue(text, time)) }
}

/** A group with an odd number of parts begins with its own time. One attribute becomes a group of one. */
function addToUltralight(attribute: string | undefined, time: string, text: string): Measure {
  const measures = attribute === undefined ? text : `${attribute}|${text}`
  const groups = measures
    .split('#')
    .map(group => (group.split('|').length % 2 === 0 ? `${NAME}|${time}|${group}` : group))
  return { attribute: undefined, payload: Buffer.from(groups.join('#')) }
}

/** By FIWARE's convention for values with their times. */
function addToValue(text: string, time: string): string {
  const value = parse(text)
  if (isSeries(value)) return text
  const written = value === undefined ? JSON.stringify(text) : text.trim()
  return `[{"timestamp":${JSON.stringify(time)},"value":${written}}]`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isSeries(value: unknown): boolean {
  const isTimed = (item: unknown) => typeof item === 'object' && item !== null && 'timestamp' in item
  return Array.isArray(value) && value.length > 0 && value.every(isTimed)
}

/**
 * First in the object, or in each object of the list, so that a time of its own comes later and counts. In the text, since
 * parsing would change numbers that are longer than JavaScript's.
 */
function addMember(text: string, time: string): string {
  const depthOfObjects = text.trimStart().startsWith('[') ? 2 : 1
  const member = `"${NAME}":${JSON.stringify(time)}`
  let depth = 0
  let written = ''
  let from = 0
  for (const { index, 0: token } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/gs)) {
    if (token === '{' || token === '[') depth += 1
    if (token === '}' || token === ']') depth -= 1
    if (token !== '{' || depth !== depthOfObjects) continue
    const isEmpty = /^\s*\}/.test(text.slice(index + 1, index + 100))
    written += `${text.slice(from, index + 1)}${member}${isEmpty ? '' : ','}`
    from = index + 1
  }
  return written + text.slice(from)
}
