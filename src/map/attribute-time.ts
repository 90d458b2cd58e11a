/** When one attribute was observed, if the reading says so for it alone: a meter's last change, a door's last opening. */
import { Piece } from './piece.ts'
import { compileSource, type Scope } from './scope.ts'

/** Date and time of ISO 8601; without a zone it is UTC. */
const ISO = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?([Zz]|[+-]\d\d:?\d\d)?$/
const UNIX_TIME = /^\d{9,14}$/
/** Below this a Unix time is in seconds, from it on in milliseconds. */
const UNIX_MS_MIN = 1e11
/** As for the time of a reading: clocks that were never set, or run ahead, are not believed. */
const EARLIEST = Date.UTC(2000, 0, 1)
const AHEAD_MS_MAX = 24 * 3_600_000
const END_START = ',"observedAt":"'
/** Of this length are all but those of other millennia. */
const SOME_TIME = '2026-01-15T09:00:00.000Z'

/** The time of the reading where there is none, or one that cannot be true. */
export function compileAttributeTime(path: string, intervalMs: number): (scope: Scope) => string {
  const read = compileSource(path, intervalMs)
  return scope => {
    const time = parseTime(read(scope))
    const isPlausible = time >= EARLIEST && time <= scope.reading.observedAt + AHEAD_MS_MAX
    return isPlausible ? new Date(time).toISOString() : scope.observedAt
  }
}

/** What follows the value of an attribute that was observed then. */
export function toEnd(observedAt: string): Piece {
  return new Piece(`${END_START}${observedAt}"}`)
}

/** The same, and every time in the same piece: it holds until the next one is asked for. */
export function createEndFormat(): (observedAt: string) => Piece {
  let known = SOME_TIME
  const end = toEnd(known)
  return observedAt => {
    if (observedAt.length !== SOME_TIME.length) return toEnd(observedAt)
    if (observedAt !== known) end.replace(END_START.length, observedAt)
    known = observedAt
    return end
  }
}

/** Milliseconds since the epoch, or NaN. */
function parseTime(value: unknown): number {
  if (typeof value === 'number') return Math.round(value < UNIX_MS_MIN ? value * 1000 : value)
  if (typeof value !== 'string') return Number.NaN
  if (UNIX_TIME.test(value)) return parseTime(Number(value))
  const match = ISO.exec(value)
  return match === null ? Number.NaN : Date.parse(match[1] === undefined ? `${value}Z` : value)
}
