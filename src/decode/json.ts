/** Decodes JSON: one object is one reading, an array of objects is one reading each. */
import { compilePath } from '../profiles/path.ts'
import type { JsonFormat } from '../profiles/profile.ts'
import type { Message, Reading } from '../reading.ts'
import { getAttributeName } from './attribute-topic.ts'
import { parseJson, parseJsonOrText } from './json-text.ts'
import { compileObservedTime, type GetObservedAt } from './observed-time.ts'
import { createDecodeError } from './payload.ts'

type JsonObject = Readonly<Record<string, unknown>>

const READINGS_MAX = 1000

export function compileJson(format: JsonFormat): (message: Message) => readonly Reading[] {
  const readPart = format.path === undefined ? (root: unknown) => root : compilePath(format.path)
  const readTime = format.observedAt === undefined ? () => undefined : compilePath(format.observedAt)
  const getObservedAt = compileObservedTime(format.timezone)
  const expectation = format.path === undefined ? 'a JSON object' : `a JSON object at ${format.path}`
  return message => {
    const name = getAttributeName(message.topic)
    if (name !== undefined) return decodeAttribute(name, message, getObservedAt)
    const readings: Reading[] = []
    for (const root of toList(parseJson(message.payload))) {
      for (const part of toList(readPart(root))) {
        if (!isObject(part)) throw createDecodeError(expectation, message.payload)
        readings.push(toReading(part, readTime(root), message.receivedAt, getObservedAt))
      }
    }
    return limit(readings, message)
  }
}

/** One attribute by FIWARE's topic: a value, or a list of values each with its time. */
function decodeAttribute(name: string, message: Message, getObservedAt: GetObservedAt): readonly Reading[] {
  const { payload, receivedAt } = message
  const value = parseJsonOrText(payload)
  if (!isSeries(value)) return [{ values: { [name]: value }, observedAt: receivedAt }]
  const readings = value.map(item => ({
    values: { [name]: item['value'] },
    observedAt: getObservedAt(item['timestamp'], receivedAt),
  }))
  return limit(readings, message)
}

/** `TimeInstant` is FIWARE's name for the observed time; it is a time and not one of the values. */
function toReading(part: JsonObject, time: unknown, receivedAt: number, get: GetObservedAt): Reading {
  if (!Object.hasOwn(part, 'TimeInstant')) return { values: part, observedAt: get(time, receivedAt) }
  const { TimeInstant: instant, ...values } = part
  return { values, observedAt: get(time ?? instant, receivedAt) }
}

function limit(readings: readonly Reading[], { payload }: Message): readonly Reading[] {
  if (readings.length > READINGS_MAX) {
    throw createDecodeError(`at most ${READINGS_MAX} readings in one message`, payload)
  }
  return readings
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

function isSeries(value: unknown): value is readonly JsonObject[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(item => isObject(item) && Object.hasOwn(item, 'timestamp') && Object.hasOwn(item, 'value'))
  )
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
