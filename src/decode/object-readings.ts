/** Readings of a tree of values, whatever bytes it came in: one object is one reading, an array of objects is one reading each. */
import type { ObjectFormat } from '../profiles/formats-objects.ts'
import { compilePath } from '../profiles/path.ts'
import type { Reading } from '../reading.ts'
import type { Frame } from './frame.ts'
import { toMessageId } from './message-id.ts'
import { compileObservedTime, type GetObservedAt } from './observed-time.ts'
import { createDecodeError, limitReadings } from './payload.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** `kind` is what a message is told to have been expected: `a JSON object`. */
export function compileObjectReadings(
  format: ObjectFormat,
  kind: string,
  createError = createDecodeError,
): (root: unknown, frame: Frame) => readonly Reading[] {
  const readPart = format.path === undefined ? (root: unknown) => root : compilePath(format.path)
  const readTime = format.observedAt === undefined ? () => undefined : compilePath(format.observedAt)
  const getObservedAt = compileObservedTime(format.timezone)
  const listMembers = compileMembers(format.each)
  const noteIdentity = compileIdentity(format.messageId)
  const expectation = format.path === undefined ? kind : `${kind} at ${format.path}`
  const isWhole = format.path === undefined && format.each === undefined
  const listObjects = (root: unknown, payload: Buffer) =>
    toList(readPart(root)).flatMap(part => {
      if (!isObject(part)) throw createError(expectation, payload)
      return listMembers(part)
    })
  return (tree, frame) => {
    noteIdentity(tree, frame)
    // Nearly every message is one object; the lists are for the others.
    if (isWhole && isObject(tree)) {
      return [toReading(tree, readTime(tree), frame, getObservedAt)]
    }
    const readings: Reading[] = []
    for (const root of toList(tree)) {
      for (const values of listObjects(root, frame.payload)) {
        readings.push(toReading(values, readTime(root), frame, getObservedAt))
      }
    }
    return limitReadings(readings, frame.payload)
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The id of a message that it carries itself. */
function compileIdentity(path: string | undefined): (root: unknown, frame: Frame) => void {
  if (path === undefined) return () => {}
  const readId = compilePath(path)
  return (root, frame) => {
    const id = toMessageId(readId(root))
    if (id !== undefined) frame.identity = { ...frame.identity, id, heardAt: frame.receivedAt }
  }
}

/** Members that are no objects belong to none of them: the time, the unit of all temperatures. */
function compileMembers(each: string | undefined): (part: JsonObject) => readonly JsonObject[] {
  if (each === undefined) return part => [part]
  return part =>
    Object.entries(part).flatMap(([name, member]) => (isObject(member) ? [{ ...member, [each]: name }] : []))
}

/** `TimeInstant` is FIWARE's name for the observed time; it is a time and not one of the values. */
function toReading(part: JsonObject, time: unknown, frame: Frame, get: GetObservedAt): Reading {
  if (!Object.hasOwn(part, 'TimeInstant')) return { values: part, observedAt: get(time, frame) }
  const { TimeInstant: instant, ...values } = part
  return { values, observedAt: get(time ?? instant, frame) }
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}
