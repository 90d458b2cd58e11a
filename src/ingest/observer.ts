/** What ingest lets others know: for metrics and logs. Nothing in here steers the flow. */
import type { ErrorCode } from '../errors.ts'
import type { Message } from '../reading.ts'

export interface IngestObserver {
  /** A message was taken in; it is not on disk yet. */
  received(message: Message): void
  /** A device was heard; of what a client publishes on one topic, the first message of each second tells so. */
  heard(message: Message): void
  /** A message is on disk, so many milliseconds after it was taken in. */
  stored(tenant: string, elapsedMs: number): void
  /** A client or a message was turned away. `source` is where it came from, such as an address: the log has one line for many of one. */
  refused(code: ErrorCode, detail: string, source?: string): void
  /** So many sockets are open. */
  connections(count: number): void
}
