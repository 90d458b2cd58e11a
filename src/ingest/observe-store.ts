/** A store that tells the observer of each message that comes, and of what becomes of it. Every way in takes messages through one. */
import { TromostError } from '../errors.ts'
import type { StoreMessage } from '../reading.ts'
import type { IngestObserver } from './observer.ts'

export function observeStore(store: StoreMessage, observer: IngestObserver): StoreMessage {
  return (message, done) => {
    const { tenant } = message
    const takenAt = performance.now()
    observer.received(tenant, message.qos)
    store(message, error => {
      if (error === undefined) observer.stored(tenant, performance.now() - takenAt)
      else if (error instanceof TromostError) observer.refused(error.code, error.detail)
      done(error)
    })
  }
}
