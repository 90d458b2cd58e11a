/** What has been found out about one device with one mapper. Whoever maps its readings keeps it from one to the next. */
import type { Seat } from '../reading.ts'

/** What an entity has of its device alone. Its way out may keep a place for it. */
export interface Identity extends Seat {
  readonly id: string
  readonly idHash: number
  readonly type: string
  readonly context: string | undefined
  /** `{"id":"…","type":"…"` */
  readonly head: string
}

/** Flat, since with thousands of devices each step from one object to the next is a wait for memory. */
export class Seen {
  /** Of the first entity of the profile. */
  identity: Identity | undefined
  /** Of the others, in their order. */
  identities: (Identity | undefined)[] | undefined
  /** Where the listener keeps what it has heard, and in which of its rounds that holds. */
  heardPlace = -1
  heardRound = -1

  get(index: number): Identity | undefined {
    return index === 0 ? this.identity : this.identities?.[index]
  }

  keep(index: number, identity: Identity): void {
    if (index === 0) {
      this.identity = identity
      return
    }
    this.identities ??= []
    this.identities[index] = identity
  }

  forget(): void {
    this.identity = undefined
    this.identities = undefined
    this.heardRound = -1
  }
}
