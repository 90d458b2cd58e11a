/** What one mapping looks at: the reading, its device, and the time that all attributes carry. */
import { compilePath } from '../profiles/path.ts'
import type { Device, Reading } from '../reading.ts'
import type { Piece } from './piece.ts'
import type { Seen } from './seen.ts'

export interface Scope {
  readonly reading: Reading
  readonly device: Device
  /** ISO 8601 in UTC with Z, made once for all attributes. */
  readonly observedAt: string
  /** What follows the value of every attribute: `,"observedAt":"…"}`. */
  readonly end: Piece
  readonly seen: Seen
}

/** Undefined when there is nothing to read. */
export type ReadScope = (scope: Scope) => unknown

/** Compiles a path into the reading's values, or one that starts with `device.` or `reading.`. */
export function compileSource(path: string, intervalMs: number): ReadScope {
  if (path === 'reading.observedAt') return scope => scope.observedAt
  if (path === 'reading.observedFrom') {
    return ({ reading }) => new Date(reading.observedAt - intervalMs).toISOString()
  }
  if (path.startsWith('device.')) {
    const readDevice = compilePath(path.slice('device.'.length))
    return scope => readDevice(scope.device)
  }
  const readValues = compilePath(path)
  return scope => readValues(scope.reading.values)
}
