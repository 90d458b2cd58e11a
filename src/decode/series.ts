/** Lists of stored values become readings, each with the time of its own, the oldest first: so the newest is what remains. */
import type { SeriesFormat } from '../profiles/formats-series.ts'
import { compilePath, type ReadPath } from '../profiles/path.ts'
import type { Reading } from '../reading.ts'
import type { Frame } from './frame.ts'
import { compileObservedTime } from './observed-time.ts'
import { limitReadings } from './payload.ts'

type Values = Reading['values']
type ReadList = (values: Values) => readonly unknown[]

type Spread = (readings: readonly Reading[], frame: Frame) => readonly Reading[]

/** What is no list, and the way that the frame came, stay with the reading that the lists came in. */
export function compileSeries(series: SeriesFormat | undefined): Spread {
  if (series === undefined) return readings => readings
  const spread = compileSpread(series)
  return (readings, frame) =>
    limitReadings(
      readings.flatMap(reading => spread(reading, frame)),
      frame.payload,
    )
}

function compileSpread(series: SeriesFormat): (reading: Reading, frame: Frame) => readonly Reading[] {
  const { every } = series
  const sums = new Map(Object.entries(series.sums))
  const lists = Object.entries(series.lists).map(([name, path]) => ({
    name,
    read: compileList(path, sums.get(name)),
  }))
  const readTime = series.observedAt === undefined ? () => undefined : compilePath(series.observedAt)
  const getObservedAt = compileObservedTime(series.timezone)
  return ({ values, observedAt }: Reading, frame: Frame) => {
    const received: Pick<Frame, 'receivedAt' | 'doubtfulTime'> = { receivedAt: observedAt }
    const start = getObservedAt(readTime(values), received)
    frame.doubtfulTime ??= received.doubtfulTime
    const byTime = new Map<number, Values>()
    const own = omitLists(values, series.lists)
    if (Object.keys(own).length > 0) byTime.set(observedAt, own)
    for (const { name, read } of lists) {
      for (const [index, item] of read(values).entries()) {
        const time = start + index * every
        if (item !== null && item !== undefined) byTime.set(time, { ...byTime.get(time), [name]: item })
      }
    }
    return [...byTime].sort(([a], [b]) => a - b).map(([time, item]) => ({ values: item, observedAt: time }))
  }
}

function compileList(path: string, sum: string | undefined): ReadList {
  const read = compilePath(path)
  if (sum === undefined) return values => toList(read(values))
  const readStart = compilePath(sum)
  return values => addUp(readStart, values, toList(read(values)))
}

/** The sums end where a difference is not there: what comes after it is not known any more. */
function addUp(readStart: ReadPath, values: Values, differences: readonly unknown[]): readonly unknown[] {
  const sums: number[] = []
  let sum = readStart(values)
  for (const difference of [...differences, undefined]) {
    if (typeof sum !== 'number') break
    sums.push(sum)
    sum = typeof difference === 'number' ? sum + difference : undefined
  }
  return sums
}

/** A device that has stored one value may send it as no list. */
function toList(value: unknown): readonly unknown[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}

/** A list under the name of its items would be mistaken for one of them. */
function omitLists(values: Values, lists: SeriesFormat['lists']): Values {
  return Object.fromEntries(Object.entries(values).filter(([name]) => lists[name] !== name))
}
