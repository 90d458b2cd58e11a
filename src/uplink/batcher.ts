/**
 * Which entities travel together: those of one @context, no entity twice in a batch, none in two batches under way, its readings
 * in order of arrival.
 */
import { mergeParcels, type Parcel } from './parcel.ts'

export interface BatchBounds {
  readonly maxEntities: number
  readonly maxBytes: number
}

/** The entities of one @context that wait for company, or are under way. */
interface Batch {
  readonly context: string | undefined
  /** By id. */
  readonly parcels: Map<string, Parcel>
  bytes: number
  /** When its oldest reading was taken. */
  since: number
}

/** What a comma or a bracket adds to a body. */
const SEPARATOR_BYTES = 1
/** Whoever refuses less than this means something else. */
const SHRUNK_BYTES_MIN = 16 * 1024

export class Batcher {
  #bounds: BatchBounds
  /** The batches that still take entities, by context. None of them is empty. */
  readonly #open = new Map<string | undefined, Batch>()
  /** Where each entity is, by id, from the moment it is in a batch until it is released. */
  readonly #batchOf = new Map<string, Batch>()
  /** Readings that have to follow one of the same entity. */
  readonly #following = new Map<string, Parcel[]>()
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

  add(parcel: Parcel): void {
    const following = this.#following.get(parcel.id)
    if (following === undefined) this.#place(parcel)
    else this.#append(following, parcel)
  }

  /** Ends the open batches whose oldest reading was taken by then, before they are full. */
  closeOpen(takenBy: number): void {
    for (const batch of this.#open.values()) {
      if (batch.since <= takenBy) this.#close(batch)
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

  /** These entities are settled; what followed them may travel now. */
  release(parcels: readonly Parcel[]): void {
    for (const { id } of parcels) {
      this.#batchOf.delete(id)
      this.#placeFollowing(id)
    }
  }

  #close(batch: Batch): void {
    this.#open.delete(batch.context)
    this.#closed.push([...batch.parcels.values()])
  }

  #place(parcel: Parcel): void {
    const present = this.#batchOf.get(parcel.id)
    const open = this.#open.get(parcel.context)
    if (present === undefined) this.#put(parcel, open)
    else if (present !== open || !this.#merge(parcel, open)) this.#following.set(parcel.id, [parcel])
  }

  /** Puts an entity that is nowhere else into the open batch of its context, or into a new one where it does not fit. */
  #put(parcel: Parcel, open: Batch | undefined): void {
    const { id, context, takenAt } = parcel
    const growth = parcel.json.length + SEPARATOR_BYTES
    let batch = open
    if (batch !== undefined && batch.bytes + growth > this.#bounds.maxBytes) {
      this.#close(batch)
      batch = undefined
    }
    if (batch === undefined) {
      batch = { context, parcels: new Map(), bytes: SEPARATOR_BYTES, since: takenAt }
      this.#open.set(context, batch)
    }
    batch.parcels.set(id, parcel)
    batch.bytes += growth
    if (takenAt < batch.since) batch.since = takenAt
    this.#batchOf.set(id, batch)
    if (batch.parcels.size >= this.#bounds.maxEntities) this.#close(batch)
  }

  /** Whether a reading of an entity of this open batch could become one with it. A batch without room for both is closed. */
  #merge(parcel: Parcel, batch: Batch): boolean {
    const present = batch.parcels.get(parcel.id)
    const merged = present === undefined ? undefined : mergeParcels(present, parcel)
    if (present === undefined || merged === undefined) return false
    const growth = merged.json.length - present.json.length
    if (batch.bytes + growth > this.#bounds.maxBytes) {
      this.#close(batch)
      return false
    }
    batch.parcels.set(parcel.id, merged)
    batch.bytes += growth
    return true
  }

  #placeFollowing(id: string): void {
    const following = this.#following.get(id)
    const next = following?.shift()
    if (following === undefined || next === undefined) return
    if (following.length === 0) this.#following.delete(id)
    this.#place(next)
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
