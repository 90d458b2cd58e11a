/** What the operating system says about a process, and the figures that are made of it. Linux only: it reads /proc. */
import { readFileSync } from 'node:fs'

/** The kernel's USER_HZ, which is 100 on all architectures that Node.js runs on. */
const TICKS_PER_SECOND = 100

/** Monotonic time in milliseconds. Unlike performance.now() it has one origin for all processes of a machine. */
export function nowMs() {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}

/** User and system time of all threads of a process so far, in microseconds, in steps of 10 ms. */
export function readCpuMicros(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is the command in brackets and may hold blanks; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS_PER_SECOND
}

/** The most memory that a process has had, in MiB. */
export function readPeakMemoryMiB(pid) {
  return readMemoryMiB(pid, 'VmHWM')
}

/** Of a process, in MiB. RssAnon is its own; VmRSS also has the pages of files that are mapped, which the kernel takes back when it needs them. */
export function readMemoryMiB(pid, field) {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(match?.[1]) / 1024
}

/** Differences of two series of times, without what was never answered. */
export function toLatencies(from, to) {
  return from.map((time, index) => to[index] - time).filter(latency => !Number.isNaN(latency))
}

/** @param {Iterable<number>} values @param {number} share such as 0.99 */
export function getPercentile(values, share) {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

/** The median of every number in records of the same shape. */
export function getMedians(records) {
  return Object.fromEntries(
    Object.keys(records[0]).map(key => [key, getMedian(records.map(record => record[key]))]),
  )
}

function getMedian(values) {
  const sorted = values.filter(value => value !== undefined).toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]]
  return low === undefined ? undefined : (low + high) / 2
}
