/**
 * Which entities travel together: those of one @context, no entity twice in a batch, none in two batches under way, its readings
 * in order of arrival.
 */
import { type Slot, Slots } from '../slots.ts'
import { mergeParcels, type Parcel } from './parcel.ts'

export interface BatchBounds {
  readonly maxEntities: number
  readonly maxBytes: number
}

/** An entity, from the moment it is in a batch until it is released. */
interface Place {
  parcel: Parcel
  readonly batch: Batch
  /** Readings that have to follow. */
  following: Parcel[] | undefined
}

/** The entities of one @context that wait for company, or are under way. */
interface Batch {
  readonly context: string | undefined
  readonly places: Place[]
  bytes: number
  /** When its oldest reading was taken. */
  since: number
  /** Whether one of them had to follow another reading of its entity. */
  hasFollower: boolean
}

/** What a comma or a bracket adds to a body. */
const SEPARATOR_BYTES = 1
/** Whoever refuses less than this means something else. */
const SHRUNK_BYTES_MIN = 16 * 1024

export class Batcher {
  #bounds: BatchBounds
  /** The batches that still take entities, by context. None of them is empty. */
  readonly #open = new Slots<string | undefined, Batch>()
  /** By the id of the entity. */
  readonly #places = new Slots<string, Place>()
  #closed: (readonly Parcel[])[] = []
  #hasShrunk = false

  constructor(bounds: BatchBounds) {
    this.#bounds = bounds
  }

  /** When the oldest reading of all open batches was taken; nothing when there is none. */
  get openSince(): number | undefined {
    let oldest: number | undefined
    for (const { since } of this.#open.values()) {
      if (oldest === undefined || since < oldest) oldest = since
    }
    return oldest
  }

  /** Whether there is a batch to send. */
  get hasClosed(): boolean {
    return this.#closed.length > 0
  }

  add(parcel: Parcel): void {
    const slot = this.#places.get(parcel.id, parcel.seat)
    const place = slot.value
    if (place === undefined) this.#put(parcel, slot)
    else if (place.following !== undefined) this.#append(place.following, parcel)
    else if (!this.#merge(parcel, place)) place.following = [parcel]
  }

  /** Ends the open batches whose oldest reading was taken by then, before they are full. */
  closeOpen(takenBy: number): void {
    for (const batch of this.#open.values()) {
      if (batch.since <= takenBy) this.#close(batch)
    }
  }

  /** Ends the open batches in which an entity has waited for the answer to its reading before. */
  closeFollowers(): void {
    for (const batch of this.#open.values()) {
      if (batch.hasFollower) this.#close(batch)
    }
  }

  /** The next batch to send, oldest first. One that was closed before the bound shrank is sent in parts. */
  takeClosed(): readonly Parcel[] | undefined {
    const batch = this.#closed.shift()
    if (batch === undefined || !this.#hasShrunk || getBytes(batch) <= this.#bounds.maxBytes) return batch
    const middle = Math.ceil(batch.length / 2)
    if (middle === batch.length) return batch
    this.#closed.unshift(batch.slice(0, middle), batch.slice(middle))
    return this.takeClosed()
  }

  /** From now on batches have about half the bytes of this one, which was refused for nothing but its size. */
  shrinkBelow(batch: readonly Parcel[]): void {
    const half = Math.max(SHRUNK_BYTES_MIN, Math.ceil((getBytes(batch) + SEPARATOR_BYTES) / 2))
    if (half >= this.#bounds.maxBytes) return
    this.#hasShrunk = true
    this.#bounds = { ...this.#bounds, maxBytes: half }
  }

  /** Puts a batch that could not be sent back to the front. Its entities stay under way. */
  putBack(batch: readonly Parcel[]): void {
    this.#closed.unshift(batch)
  }

  /** Puts what is left of a batch behind all others. Its entities stay under way. */
  putLast(batch: readonly Parcel[]): void {
    if (batch.length > 0) this.#closed.push(batch)
  }

  /** These entities are settled; what followed them may travel now. */
  release(parcels: readonly Parcel[]): void {
    for (const { id, seat } of parcels) {
      const slot = this.#places.get(id, seat)
      const following = slot.value?.following
      slot.value = undefined
      const next = following?.shift()
      if (next !== undefined) {
        this.#put(next, slot, following?.length === 0 ? undefined : following).hasFollower = true
      }
    }
  }

  #close(batch: Batch): void {
    this.#open.get(batch.context).value = undefined
    this.#closed.push(batch.places.map(({ parcel }) => parcel))
  }

  /** Puts an entity that is nowhere else into the open batch of its context, or into a new one where it does not fit. */
  #put(parcel: Parcel, slot: Slot<Place>, following?: Parcel[]): Batch {
    const { context, takenAt } = parcel
    const growth = parcel.json.length + SEPARATOR_BYTES
    const open = this.#open.get(context)
    let batch = open.value
    if (batch !== undefined && batch.bytes + growth > this.#bounds.maxBytes) {
      this.#close(batch)
      batch = undefined
    }
    if (batch === undefined) {
      batch = { context, places: [], bytes: SEPARATOR_BYTES, since: takenAt, hasFollower: false }
      open.value = batch
    }
    const place = { parcel, batch, following }
    batch.places.push(place)
    slot.value = place
    batch.bytes += growth
    if (takenAt < batch.since) batch.since = takenAt
    if (batch.places.length >= this.#bounds.maxEntities) this.#close(batch)
    return batch
  }

  /** Whether a reading could become one with that of its entity in an open batch. A batch without room for both is closed. */
  #merge(parcel: Parcel, place: Place): boolean {
    const { batch, parcel: present } = place
    if (batch !== this.#open.get(parcel.context).value) return false
    const merged = mergeParcels(present, parcel)
    if (merged === undefined) return false
    const growth = merged.json.length - present.json.length
    if (batch.bytes + growth > this.#bounds.maxBytes) {
      this.#close(batch)
      return false
    }
    place.parcel = merged
    batch.bytes += growth
    return true
  }

  #append(following: Parcel[], parcel: Parcel): void {
    const last = following.at(-1)
    const merged = last === undefined ? undefined : mergeParcels(last, parcel)
    if (merged === undefined || merged.json.length + SEPARATOR_BYTES > this.#bounds.maxBytes)
      following.push(parcel)
    else following[following.length - 1] = merged
  }
}

function getBytes(batch: readonly Parcel[]): number {
  return batch.reduce((sum, { json }) => sum + json.length + SEPARATOR_BYTES, SEPARATOR_BYTES)
}
