/** A store that tells the observer of each message that comes, and of what becomes of it. Every way in takes messages through one. */
import { TromostError } from '../errors.ts'
import type { StoreMessage } from '../reading.ts'
import type { IngestObserver } from './observer.ts'

/** The connection that a message came on, where it came on one. */
interface Origin {
  readonly destroyed: boolean
}

export type ObservedStore = (...args: [...Parameters<StoreMessage>, origin?: Origin]) => void

export function observeStore(store: StoreMessage, observer: IngestObserver): ObservedStore {
  return (message, done, origin) => {
    const { tenant } = message
    const takenAt = performance.now()
    observer.received(message)
    store(message, error => {
      if (error === undefined) observer.stored(tenant, performance.now() - takenAt)
      // One reason for one connection: all that waits on it is refused with the first.
      else if (error instanceof TromostError && !origin?.destroyed) observer.refused(error.code, error.detail)
      done(error)
    })
  }
}
