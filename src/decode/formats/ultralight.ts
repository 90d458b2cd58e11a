/** FIWARE's Ultralight 2.0: `t|15|h|70`, groups parted by `#`, each a reading, which may begin with its time. */
import type { UltralightFormat } from '../../profiles/formats-text.ts'
import type { Reading } from '../../reading.ts'
import type { DecodeFrame, Frame } from '../frame.ts'
import { parseJsonOrText, parseNative } from '../json-text.ts'
import { compileObservedTime, type GetObservedAt } from '../observed-time.ts'
import { checkName, createDecodeError, limitReadings, readText } from '../payload.ts'
import { getTopicNames, nest } from '../topic-names.ts'

const EXPECTATION = 'Ultralight 2.0 such as t|15|h|70'
const DATE = /^\d{4}-\d\d-\d\d[Tt ]/
/** What the FIWARE agent makes of a time among the measures. */
const TIME_NAME = 'TimeInstant'

export function compileUltralight(format: UltralightFormat): DecodeFrame {
  const getObservedAt = compileObservedTime(format.timezone)
  return frame => {
    const { topic, payload, receivedAt } = frame
    const names = getTopicNames(topic)
    if (names !== undefined) {
      return [{ values: nest(names, parseJsonOrText(payload)), observedAt: receivedAt }]
    }
    const groups = readText(payload).trim().split('#')
    return limitReadings(
      groups.map(group => decodeGroup(group.split('|'), frame, getObservedAt)),
      payload,
    )
  }
}

/** An odd number of parts begins with the time of the group. */
function decodeGroup(parts: readonly string[], frame: Frame, get: GetObservedAt): Reading {
  const { payload } = frame
  const isTimed = parts.length % 2 === 1
  const [first = ''] = parts
  if (parts.length < 2 || (isTimed && !DATE.test(first))) throw createDecodeError(EXPECTATION, payload)
  const values: Record<string, unknown> = {}
  let time: unknown = isTimed ? first : undefined
  for (let at = isTimed ? 1 : 0; at < parts.length; at += 2) {
    const name = checkName((parts[at] ?? '').trim(), payload)
    const value = parseNative((parts[at + 1] ?? '').trim(), payload)
    if (name === TIME_NAME) time = value
    else values[name] = value
  }
  return { values, observedAt: get(time, frame) }
}
