/** Sparkplug B: metrics become values by their names, which data often gives by an alias that a birth has announced. */
import type { SparkplugFormat } from '../../profiles/formats-objects.ts'
import type { Reading } from '../../reading.ts'
import { parseSparkplugTopic, type SparkplugTopic } from '../../sparkplug-topic.ts'
import type { DecodeFrame, Frame } from '../frame.ts'
import { compileObservedTime } from '../observed-time.ts'
import { createBytesError, limitReadings } from '../payload.ts'
import type { Definitions } from '../sparkplug/definitions.ts'
import type { EdgeNodes } from '../sparkplug/edge-nodes.ts'
import { parseSparkplugPayload, type RawMetric, type SparkplugPayload } from '../sparkplug/payload.ts'
import { isTyped, toValue } from '../sparkplug/value.ts'
import { SparkplugFault } from '../sparkplug/wire.ts'

interface Group {
  readonly values: Record<string, unknown>
  readonly observedAt: number
}

const BIRTHS = new Set(['NBIRTH', 'DBIRTH'])
const DEATHS = new Set(['NDEATH', 'DDEATH'])

const getObservedAt = compileObservedTime('UTC')

/** The format describes itself, so a profile has nothing to say. */
export function compileSparkplug(_format: SparkplugFormat, edgeNodes: EdgeNodes): DecodeFrame {
  return (frame, position = 0) => {
    try {
      const payload = parseSparkplugPayload(frame.payload)
      const topic = parseSparkplugTopic(frame.topic)
      if (topic === undefined) return toReadings(payload, payload.metrics.map(toNamed(undefined)), frame)
      if (DEATHS.has(topic.kind)) return edgeNodes.end(topic, payload) ? [toDeath(topic, payload, frame)] : []
      const definitions = edgeNodes.take(topic, payload, position)
      return decodeKnown(topic, payload, frame, { definitions, edgeNodes })
    } catch (error) {
      throw error instanceof SparkplugFault ? createBytesError(error.message, frame.payload) : error
    }
  }
}

type Named = readonly [name: string, value: unknown, timestamp: number | undefined]

function decodeKnown(
  topic: SparkplugTopic,
  payload: SparkplugPayload,
  frame: Frame,
  {
    definitions,
    edgeNodes,
  }: { readonly definitions: Definitions | undefined; readonly edgeNodes: EdgeNodes },
): readonly Reading[] {
  const unknown = payload.metrics.find(metric => definitions?.find(metric) === undefined)
  if (unknown !== undefined) edgeNodes.requestRebirth(topic, `${showMetric(unknown)} is in no birth`)
  const readings = toReadings(payload, payload.metrics.map(toNamed(definitions)), frame)
  return BIRTHS.has(topic.kind) ? withLink(readings, payload, frame) : readings
}

function toNamed(definitions: Definitions | undefined): (metric: RawMetric) => Named {
  return metric => {
    const definition = definitions?.find(metric)
    const name = metric.name ?? definition?.name
    if (name === undefined || (definition === undefined && !isTyped(metric))) {
      throw new SparkplugFault(`a birth before that announces ${showMetric(metric)}`)
    }
    if (name === '') throw new SparkplugFault('a name for each metric')
    return [name, toValue(metric, definition), metric.timestamp]
  }
}

/** Metrics of one time are one reading. The newest comes last, so that it is what stays. */
function toReadings(
  { timestamp }: SparkplugPayload,
  metrics: readonly Named[],
  frame: Frame,
): readonly Reading[] {
  const groups: Group[] = []
  const latest = new Map<number, Group>()
  for (const [name, value, time] of metrics) {
    const observedAt = getObservedAt(time ?? timestamp, frame)
    const group = latest.get(observedAt)
    if (group !== undefined && !Object.hasOwn(group.values, name)) {
      group.values[name] = value
      continue
    }
    // A name that comes again at the same time begins another reading: nothing is written over.
    const begun = { values: { [name]: value }, observedAt }
    groups.push(begun)
    latest.set(observedAt, begun)
  }
  return limitReadings(groups.sort(byTime), frame.payload)
}

/** The sender is there from its birth on. */
function withLink(
  readings: readonly Reading[],
  { timestamp }: SparkplugPayload,
  frame: Frame,
): readonly Reading[] {
  const observedAt = getObservedAt(timestamp, frame)
  const link = { link: { online: true } }
  const at = readings.findIndex(reading => reading.observedAt === observedAt)
  if (at < 0) return [...readings, { values: link, observedAt }].sort(byTime)
  return readings.map((reading, index) =>
    index === at ? { values: { ...reading.values, ...link }, observedAt } : reading,
  )
}

/** The death of an edge node was written when it connected, as its will: only the time of receipt says when it came. */
function toDeath({ kind }: SparkplugTopic, { timestamp }: SparkplugPayload, frame: Frame): Reading {
  const observedAt = kind === 'NDEATH' ? frame.receivedAt : getObservedAt(timestamp, frame)
  return { values: { link: { online: false } }, observedAt }
}

function byTime(one: Reading, other: Reading): number {
  return one.observedAt - other.observedAt
}

function showMetric({ name, alias }: RawMetric): string {
  return name === undefined ? `alias ${alias ?? '(none)'}` : `the type of ${JSON.stringify(name)}`
}
