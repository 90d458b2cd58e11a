/** A store that tells the observer of each message that comes, and of what becomes of it. Every way in takes messages through one. */
import { TromostError } from '../errors.ts'
import type { Message, StoreMessage } from '../reading.ts'
import { getTime } from '../turn-clock.ts'
import type { IngestObserver } from './observer.ts'

/** The connection that a message came on, where it came on one. */
interface Origin {
  readonly destroyed: boolean
}

/** A topic as one client uses it: when the observer heard of its device last, in milliseconds since the epoch. */
interface OriginTopic {
  heardAt: number
}

export type ObservedStore = (
  ...args: [...Parameters<StoreMessage>, origin?: Origin | undefined, topic?: OriginTopic]
) => void

const HEARD_AGAIN_MS = 1_000

export function observeStore(store: StoreMessage, observer: IngestObserver): ObservedStore {
  return (message, done, origin, topic) => {
    const { tenant } = message
    const takenAt = getTime()
    observer.received(message)
    if (isNews(message, topic)) observer.heard(message)
    store(message, error => {
      if (error === undefined) observer.stored(tenant, getTime() - takenAt)
      // One reason for one connection: all that waits on it is refused with the first.
      else if (error instanceof TromostError && !origin?.destroyed) observer.refused(error.code, error.detail)
      done(error)
    })
  }
}

/** Looking a device up among all of them costs more than taking its message in. */
function isNews({ receivedAt }: Message, topic: OriginTopic | undefined): boolean {
  if (topic === undefined) return true
  if (Math.abs(receivedAt - topic.heardAt) < HEARD_AGAIN_MS) return false
  topic.heardAt = receivedAt
  return true
}
