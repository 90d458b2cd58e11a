/** When a reading was observed: what the payload says, if that can be read and can be true; else when it was received. */
import { showValue } from '../document.ts'
import type { Notes } from './frame.ts'
import { compileTimeZone, type ToInstant } from './time-zone.ts'

/** A time that is not believed is noted in the frame. */
export type GetObservedAt = (value: unknown, frame: Received) => number

interface Received extends Pick<Notes, 'doubtfulTime'> {
  readonly receivedAt: number
}

/** Date, time, fraction and zone of ISO 8601; T or a space between, any number of fraction digits. */
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s?([Zz]|[+-]\d\d(?::?\d\d)?)?$/
const UNIX_TIME = /^\d{9,14}(?:\.\d+)?$/
/** Below this a Unix time is in seconds (until the year 5138), from it on in milliseconds (since 1973). */
const UNIX_MS_MIN = 1e11

/** Clocks that were never set say 1970 or worse; wmbusmeters says 1111 when the meter gave no time. */
const EARLIEST = Date.UTC(2000, 0, 1)
const AHEAD_MS_MAX = 24 * 3_600_000

/** `timezone` is for local times that name no zone. */
export function compileObservedTime(timezone: string): GetObservedAt {
  const toInstant = compileTimeZone(timezone)
  return (value, frame) => {
    const { receivedAt } = frame
    // Devices without a clock, or before it is set, leave the time empty.
    if (value === undefined || value === null || value === '') return receivedAt
    const time = parseTime(value, receivedAt, toInstant)
    if (time >= EARLIEST && time <= receivedAt + AHEAD_MS_MAX) return time
    frame.doubtfulTime ??= showValue(value)
    return receivedAt
  }
}

/** Milliseconds since the epoch, or NaN. */
function parseTime(value: unknown, receivedAt: number, toInstant: ToInstant): number {
  if (typeof value === 'number') return parseUnixTime(value)
  if (typeof value !== 'string') return Number.NaN
  return UNIX_TIME.test(value) ? parseUnixTime(Number(value)) : parseIso(value, receivedAt, toInstant)
}

function parseUnixTime(value: number): number {
  return Math.round(value < UNIX_MS_MIN ? value * 1000 : value)
}

function parseIso(text: string, receivedAt: number, toInstant: ToInstant): number {
  const match = ISO.exec(text)
  if (match === null) return Number.NaN
  const [, year, month, day, hour, minute, second = '0', fraction = '', zone] = match
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day))
  // Date.UTC carries over: 30 February would quietly become 2 March.
  const isReal = new Date(date).getUTCDate() === Number(day) && Number(month) <= 12
  if (!isReal || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return Number.NaN
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'))
  const local = date + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000 + ms
  return zone === undefined ? toInstant(local, receivedAt) : local - parseOffset(zone)
}

/** Milliseconds that a zone such as `Z`, `+01`, `+0100` or `+01:00` is ahead of UTC. */
function parseOffset(zone: string): number {
  if (zone.length === 1) return 0
  const digits = zone.slice(1).replace(':', '')
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000
}
