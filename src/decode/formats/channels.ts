/** Records one after the other: a key of one to four bytes, such as channel and type, and the values that belong to it. */
import { TromostError } from '../../errors.ts'
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
import { PartlyDecoded } from '../partly-decoded.ts'
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
    const { payload } = frame
    if (payload.length <= header.bytes + trailer) {
      throw createBytesError(`more than ${header.bytes + trailer} bytes`, payload)
    }
    const common: Values = {}
    header.read(payload, 0, common)
    const { read, fault } = readRecords(payload, header.bytes, payload.length - trailer)
    if (fault !== undefined && read.every(isEmpty)) throw fault
    const readings = read.map((own): Reading => {
      const values = { ...common, ...own }
      const time = observedAt === undefined ? undefined : values[observedAt]
      return { values, observedAt: getObservedAt(time, frame) }
    })
    limitReadings(readings, payload)
    if (fault !== undefined) throw new PartlyDecoded(readings, fault.detail)
    return readings
  }
}

function isEmpty(values: Values): boolean {
  return Object.keys(values).length === 0
}

interface Walked {
  /** The values of all readings: those of the records without a time, then those of each with one. */
  readonly read: readonly Values[]
  /** What ended the walk before the end of the payload. */
  readonly fault: TromostError | undefined
}

type Walk = (payload: Buffer, start: number, end: number) => Walked

function compileWalk(format: Channels): Walk {
  const readAll = compileRecordReader(format)
  return (payload, start, end) => {
    const timed: Values[] = []
    const untimed: Values = {}
    let fault: TromostError | undefined
    try {
      readAll(payload, start, end, isTimed => (isTimed ? addTo(timed) : untimed))
    } catch (error) {
      if (!(error instanceof TromostError)) throw error
      fault = error
    }
    return { read: isEmpty(untimed) && timed.length > 0 ? timed : [untimed, ...timed], fault }
  }
}

/** Reads each record between two places into what `choose` gives for it. */
function compileRecordReader(format: Channels) {
  const findRecord = compileRecordTable(compileRecords(format))
  return (payload: Buffer, start: number, end: number, choose: (isTimed: boolean) => Values): void => {
    for (let at = start; at < end; ) {
      const { value: record, keyBytes } = findRecord(payload, at)
      at += keyBytes
      if (record.isLast) return
      if (at + record.bytes > end)
        throw createBytesError(`${record.bytes} bytes of a value at ${at}`, payload)
      record.read(payload, at, choose(record.isTimed))
      at += record.bytes
    }
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
