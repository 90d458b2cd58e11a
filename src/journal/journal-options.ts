/** What a journal is opened with. */
import type { Fill } from './fill-alarm.ts'
import type { RetentionOptions } from './retention.ts'

export interface JournalOptions extends RetentionOptions {
  /** Whether the disk has less room left than it must keep. Asked before each commit, since LMDB does not survive a write that fails. */
  readonly isDiskFull: () => boolean
  /** How long messages wait for room before they are refused; not at all where it is absent. */
  readonly patienceMs?: number
  /** Hears when the journal or the part of a tenant is nearly full, and when it no longer is. */
  readonly onFill?: (fill: Fill) => void
}
