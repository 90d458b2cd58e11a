/** Payloads of Sparkplug B for tests: as much of an encoder as an edge node with a few sensors needs. */
import { PbfReader, PbfWriter } from 'pbf'

/** Datatypes of Sparkplug 3.0, 6.4.16. */
const TYPES = { int16: 2, int32: 3, int64: 4, float: 9, boolean: 11, text: 12 } as const

export interface Metric {
  readonly name?: string
  readonly alias?: number
  readonly type?: keyof typeof TYPES
  readonly timestamp?: number
  /** Of `type`, or, where data leaves the type out, of the type that `as` names. */
  readonly value?: number | boolean | string
  readonly as?: keyof typeof TYPES
}

export interface Sent {
  readonly timestamp: number
  readonly seq?: number
  readonly metrics?: readonly Metric[]
}

export function encodeSparkplug({ timestamp, seq, metrics = [] }: Sent): Buffer {
  const pbf = new PbfWriter()
  pbf.writeVarintField(1, timestamp)
  for (const metric of metrics) pbf.writeMessage(2, writeMetric, metric)
  if (seq !== undefined) pbf.writeVarintField(3, seq)
  return Buffer.from(pbf.finish())
}

/** The session number that births and wills of edge nodes carry. */
export function bdSeq(value: number): Metric {
  return { name: 'bdSeq', type: 'int64', value }
}

/** The names of the metrics of a command that are true. */
export function readCommands(payload: Uint8Array): readonly string[] {
  const names: string[] = []
  new PbfReader(payload).readFields((field, _none, pbf) => {
    if (field !== 2) return
    const metric = { name: '', isTrue: false }
    pbf.readMessage((inner, read, reader) => {
      if (inner === 1) read.name = reader.readString()
      if (inner === 14) read.isTrue = reader.readBoolean()
    }, metric)
    if (metric.isTrue) names.push(metric.name)
  }, undefined)
  return names
}

function writeMetric({ name, alias, type, timestamp, value, as = type }: Metric, pbf: PbfWriter): void {
  if (name !== undefined) pbf.writeStringField(1, name)
  if (alias !== undefined) pbf.writeVarintField(2, alias)
  if (timestamp !== undefined) pbf.writeVarintField(3, timestamp)
  if (type !== undefined) pbf.writeVarintField(4, TYPES[type])
  if (typeof value === 'boolean') pbf.writeBooleanField(14, value)
  if (typeof value === 'string') pbf.writeStringField(15, value)
  if (typeof value !== 'number') return
  if (as === 'float') pbf.writeFloatField(12, value)
  else if (as === 'int64') pbf.writeVarintField(11, value)
  // Unsigned in the 32 bits of the field, as the specification wants negative ones.
  else pbf.writeVarintField(10, value >>> 0)
}
