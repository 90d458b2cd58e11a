/** Records one after the other: a key of one to four bytes, such as channel and type, and the values that belong to it. */
import {
  type ChannelOptions,
  type ChannelRecords,
  type ChannelsFormat,
  splitChannels,
} from '../../profiles/formats-bytes.ts'
import type { Reading } from '../../reading.ts'
import type { DecodeFrame, Frame } from '../frame.ts'
import { type CompiledFields, compileFields } from '../layout.ts'
import { compileObservedTime } from '../observed-time.ts'
import { createBytesError, limitReadings } from '../payload.ts'
import { compileRecordTable } from '../record-table.ts'

interface CompiledRecord extends CompiledFields {
  /** It holds the observed time, and so is a reading of its own: devices send what they have stored that way. */
  readonly isTimed: boolean
  /** All that follows it is passed over. */
  readonly isLast: boolean
}

type Values = Record<string, unknown>
type Channels = ChannelOptions & { readonly records: ChannelRecords }

export function compileChannels(channels: ChannelsFormat): DecodeFrame {
  const format = splitChannels(channels)
  const { observedAt, trailer } = format
  const header = compileFields(format.header ?? {})
  const isIgnored = compileIgnored(format.ignore)
  const checkPort = compilePort(format.fPort)
  const getObservedAt = compileObservedTime(format.timezone)
  const readRecords = compileWalk(format)
  return frame => {
    if (isIgnored(frame)) return []
    checkPort(frame)
    const { payload, receivedAt } = frame
    if (payload.length <= header.bytes + trailer) {
      throw createBytesError(`more than ${header.bytes + trailer} bytes`, payload)
    }
    const common: Values = {}
    header.read(payload, 0, common)
    const readings = readRecords(payload, header.bytes, payload.length - trailer).map((own): Reading => {
      const values = { ...common, ...own }
      const time = observedAt === undefined ? undefined : values[observedAt]
      return { values, observedAt: getObservedAt(time, receivedAt) }
    })
    return limitReadings(readings, payload)
  }
}

/** The values of all readings between two places: those of the records without a time, then those of each with one. */
function compileWalk(format: Channels): (payload: Buffer, start: number, end: number) => Values[] {
  const findRecord = compileRecordTable(compileRecords(format))
  return (payload, start, end) => {
    const timed: Values[] = []
    const untimed: Values = {}
    for (let at = start; at < end; ) {
      const { value: record, keyBytes } = findRecord(payload, at)
      at += keyBytes
      if (record.isLast) break
      if (at + record.bytes > end)
        throw createBytesError(`${record.bytes} bytes of a value at ${at}`, payload)
      record.read(payload, at, record.isTimed ? addTo(timed) : untimed)
      at += record.bytes
    }
    return Object.keys(untimed).length > 0 || timed.length === 0 ? [untimed, ...timed] : timed
  }
}

function addTo(timed: Values[]): Values {
  const values: Values = {}
  timed.push(values)
  return values
}

function compileRecords({ records, skipUnknown, observedAt = '' }: Channels) {
  const known = records.map(([key, fields]): [string, CompiledRecord] => [
    key,
    { ...compileFields(fields), isTimed: Object.hasOwn(fields, observedAt), isLast: false },
  ])
  const skipped = Object.entries(skipUnknown).map(([key, bytes]): [string, CompiledRecord] => [
    key,
    { bytes: bytes === 'rest' ? 0 : bytes, read: () => {}, isTimed: false, isLast: bytes === 'rest' },
  ])
  return [...skipped, ...known]
}

function compileIgnored({
  fPort = [],
  shorterThan = 0,
}: ChannelOptions['ignore']): (frame: Frame) => boolean {
  const ports = new Set<unknown>([fPort].flat())
  return ({ link, payload }) => ports.has(link?.fPort) || (payload.length > 0 && payload.length < shorterThan)
}

function compilePort(fPort: ChannelOptions['fPort']): (frame: Frame) => void {
  if (fPort === undefined) return () => {}
  const ports = [fPort].flat()
  return ({ link, payload }) => {
    if (link?.fPort !== undefined && ports.includes(link.fPort)) return
    throw createBytesError(`fPort ${ports.join(', ')}, got ${link?.fPort ?? 'none'}`, payload)
  }
}
