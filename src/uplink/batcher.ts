/** Which entities travel together: no entity twice in a batch, none in two batches under way, its readings in order of arrival. */
import { mergeParcels, type Parcel } from './parcel.ts'

export interface BatchBounds {
  readonly maxEntities: number
  readonly maxBytes: number
}

/** What a comma or a bracket adds to a body. */
const SEPARATOR_BYTES = 1

export class Batcher {
  readonly #bounds: BatchBounds
  /** The batch that still takes entities, by id. */
  #open = new Map<string, Parcel>()
  #openBytes = SEPARATOR_BYTES
  #openSince = 0
  /** Ids in batches that were closed and are not released yet. */
  readonly #busy = new Set<string>()
  /** Readings that have to follow one of the same entity. */
  readonly #following = new Map<string, Parcel[]>()
  #closed: (readonly Parcel[])[] = []

  constructor(bounds: BatchBounds) {
    this.#bounds = bounds
  }

  /** When the oldest of the open batch was taken; nothing when it is empty. */
  get openSince(): number | undefined {
    return this.#open.size === 0 ? undefined : this.#openSince
  }

  add(parcel: Parcel): void {
    const { id } = parcel
    const following = this.#following.get(id)
    if (following !== undefined) {
      this.#append(following, parcel)
    } else if (this.#busy.has(id)) {
      this.#following.set(id, [parcel])
    } else {
      this.#place(id, parcel)
    }
  }

  /** Ends the open batch before it is full. */
  closeOpen(): void {
    if (this.#open.size === 0) return
    for (const id of this.#open.keys()) this.#busy.add(id)
    this.#closed.push([...this.#open.values()])
    this.#open = new Map()
    this.#openBytes = SEPARATOR_BYTES
  }

  /** The next batch to send, oldest first. */
  takeClosed(): readonly Parcel[] | undefined {
    return this.#closed.shift()
  }

  /** Puts a batch that could not be sent back to the front. Its entities stay busy. */
  putBack(batch: readonly Parcel[]): void {
    this.#closed.unshift(batch)
  }

  /** These entities are settled; what followed them may travel now. */
  release(parcels: readonly Parcel[]): void {
    for (const { id } of parcels) {
      this.#busy.delete(id)
      this.#placeFollowing(id)
    }
  }

  #place(id: string, parcel: Parcel): void {
    const present = this.#open.get(id)
    const placed = present === undefined ? parcel : mergeParcels(present, parcel)
    if (placed === undefined) {
      this.#following.set(id, [parcel])
      return
    }
    const growth = placed.json.length - (present?.json.length ?? -SEPARATOR_BYTES)
    if (this.#openBytes + growth > this.#bounds.maxBytes && this.#open.size > 0) {
      this.closeOpen()
      if (present !== undefined) {
        this.#following.set(id, [parcel])
        return
      }
    }
    this.#openSince = this.#open.size === 0 ? placed.takenAt : Math.min(this.#openSince, placed.takenAt)
    this.#open.set(id, placed)
    this.#openBytes += growth
    if (this.#open.size >= this.#bounds.maxEntities) this.closeOpen()
  }

  #placeFollowing(id: string): void {
    const following = this.#following.get(id)
    const next = following?.shift()
    if (following === undefined || next === undefined) return
    if (following.length === 0) this.#following.delete(id)
    this.#place(id, next)
  }

  #append(following: Parcel[], parcel: Parcel): void {
    const last = following.at(-1)
    const merged = last === undefined ? undefined : mergeParcels(last, parcel)
    if (merged === undefined || merged.json.length + SEPARATOR_BYTES > this.#bounds.maxBytes)
      following.push(parcel)
    else following[following.length - 1] = merged
  }
}
