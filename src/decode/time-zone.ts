/** Local times of a zone as instants, through the changes to and from summer time. */
import { remember } from '../remember.ts'

/** `local` is the local time written as if it were UTC. Of two possible instants the one nearer to `receivedAt` is taken. */
export type ToInstant = (local: number, receivedAt: number) => number

const DAY_MS = 86_400_000
const QUARTER_MS = 15 * 60_000
const KNOWN_MAX = 1000

export function compileTimeZone(timezone: string): ToInstant {
  if (timezone === 'UTC') return local => local
  const getOffset = compileOffset(timezone)
  return (local, receivedAt) => {
    // A zone changes its offset at most once in two days, so one of these two holds at the time between.
    const before = getOffset(local - DAY_MS)
    const after = getOffset(local + DAY_MS)
    if (before === after) return local - before
    const candidates = [before, after].filter(offset => getOffset(local - offset) === offset)
    const instants = candidates.map(offset => local - offset)
    // In the hour that summer time skips no offset holds: the clock was not yet put forward.
    return instants.sort((a, b) => Math.abs(a - receivedAt) - Math.abs(b - receivedAt))[0] ?? local - before
  }
}

/** Milliseconds that the zone is ahead of UTC at an instant. */
function compileOffset(timezone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const toOffset = (instant: number) => {
    const [month = 1, day = 1, year = 1970, hour = 0, minute = 0, second = 0] = (
      format.format(instant).match(/\d+/g) ?? []
    ).map(Number)
    return Date.UTC(year, month - 1, day, hour, minute, second) - instant
  }
  return rememberOffsets(toOffset)
}

/** Asking Intl takes microseconds, and offsets only ever change at a full quarter of an hour. */
function rememberOffsets(toOffset: (instant: number) => number): (instant: number) => number {
  const known = new Map<number, number>()
  return instant => {
    const quarter = Math.floor(instant / QUARTER_MS)
    const remembered = known.get(quarter)
    if (remembered !== undefined) return remembered
    return remember(known, quarter, toOffset(quarter * QUARTER_MS), KNOWN_MAX)
  }
}
