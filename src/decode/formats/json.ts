/** JSON objects; and JSON values on topics that name the one value that they speak of. */
import type { JsonFormat } from '../../profiles/formats-objects.ts'
import type { Reading } from '../../reading.ts'
import { getShellyComponent } from '../envelopes/shelly.ts'
import type { DecodeFrame, Frame } from '../frame.ts'
import { parseJson, parseJsonOrText } from '../json-text.ts'
import { compileObjectReadings, isObject, type JsonObject } from '../object-readings.ts'
import { compileObservedTime, type GetObservedAt } from '../observed-time.ts'
import { limitReadings } from '../payload.ts'
import { compileTopicNames, nest, type TopicNames } from '../topic-names.ts'

export function compileJson(format: JsonFormat): DecodeFrame {
  const toReadings = compileObjectReadings(format, 'a JSON object')
  const getObservedAt = compileObservedTime(format.timezone)
  const getNames = compileTopicNames(format.names)
  const readsParams = format.path === 'params'
  return frame => {
    const names = getNames(frame.topic)
    if (names !== undefined) return decodeValue(names, frame, getObservedAt)
    const root = frame.root ?? parseJson(frame.payload)
    const component = readsParams ? getShellyComponent(frame.topic) : undefined
    return toReadings(component === undefined ? root : { params: { [component]: root } }, frame)
  }
}

/** A value, or by FIWARE's convention a list of values each with its time. */
function decodeValue(names: TopicNames, frame: Frame, getObservedAt: GetObservedAt): readonly Reading[] {
  const { payload, receivedAt } = frame
  const value = parseJsonOrText(payload)
  if (!isSeries(value)) return [{ values: nest(names, value), observedAt: receivedAt }]
  const readings = value.map(item => ({
    values: nest(names, item['value']),
    observedAt: getObservedAt(item['timestamp'], frame),
  }))
  return limitReadings(readings, payload)
}

function isSeries(value: unknown): value is readonly JsonObject[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(item => isObject(item) && Object.hasOwn(item, 'timestamp') && Object.hasOwn(item, 'value'))
  )
}
