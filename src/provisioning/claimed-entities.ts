/**
 * Which devices write into an entity, found by its id. An id of the usual form says so itself; only the others, of which most fleets
 * have few, are kept. What is kept may be out of date: who asks looks at the claims of the device as it is.
 */
import { makeIdSafe } from '../map/safe-id.ts'
import type { EntityClaim } from '../profiles/entity-claims.ts'
import type { Entry } from './entry.ts'
import { LikeIds } from './like-ids.ts'
import type { Place } from './provisioning.ts'

/** Of a device, by its profile: those whose ids are made otherwise. */
export type ListUnusual = (device: Entry) => readonly EntityClaim[]

interface Group {
  readonly type: string
  readonly isOwn: boolean
  readonly devices: Set<string>
}

interface Seen {
  get(place: Place): Entry | undefined
}

const USUAL = /^urn:ngsi-ld:[A-Za-z][A-Za-z0-9_]*:(.+)$/

export class ClaimedEntities {
  readonly #listUnusual: ListUnusual
  readonly #likeIds = new LikeIds()
  /** By tenant and id of the entity. */
  readonly #groups = new Map<string, Group[]>()
  /** What of these ids could be the id of a device, by tenant. */
  readonly #usualIds = new Set<string>()

  constructor(listUnusual: ListUnusual) {
    this.#listUnusual = listUnusual
  }

  add(entry: Entry): void {
    if (entry.kind !== 'device') return
    this.#likeIds.add(entry)
    for (const claim of this.#listUnusual(entry)) {
      const [, safe] = USUAL.exec(claim.id) ?? []
      if (safe !== undefined) this.#usualIds.add(toKey(entry.tenant, safe))
      const key = toKey(entry.tenant, claim.id)
      const groups = this.#groups.get(key) ?? []
      this.#groups.set(key, groups)
      const group = groups.find(({ type, isOwn }) => type === claim.type && isOwn === claim.isOwn)
      if (group !== undefined) group.devices.add(entry.id)
      else groups.push({ type: claim.type, isOwn: claim.isOwn, devices: new Set([entry.id]) })
    }
  }

  remove(entry: Entry): void {
    if (entry.kind !== 'device') return
    this.#likeIds.remove(entry)
    for (const { id } of this.#listUnusual(entry)) {
      const key = toKey(entry.tenant, id)
      const groups = this.#groups.get(key) ?? []
      for (const { devices } of groups) devices.delete(entry.id)
      const left = groups.filter(({ devices }) => devices.size > 0)
      if (left.length > 0) this.#groups.set(key, left)
      else this.#groups.delete(key)
    }
  }

  /** Anew, as profiles have changed. */
  rebuild(entries: Iterable<Entry>): void {
    this.#groups.clear()
    this.#usualIds.clear()
    for (const entry of entries) this.add(entry)
  }

  /** That no other device can have anything to do with its entities, which is so of nearly all, and is soon told. */
  isAlone(device: Entry, entries: Seen): boolean {
    const { tenant = '', id } = device
    const safe = makeIdSafe(id)
    if (this.#usualIds.size > 0 && this.#usualIds.has(toKey(tenant, safe))) return false
    if (this.#listUnusual(device).length > 0) return false
    if (safe === id && !this.#likeIds.isLookOfAny(tenant, safe)) return true
    return this.#likeIds.find(tenant, safe, entries).every(like => like.id === id)
  }

  /** Those that may write into it: `entries` has them as they are, or would be. Lists of equal ones are left out where `isMeant` says so. */
  *find(
    { tenant, id }: { readonly tenant: string; readonly id: string },
    entries: Seen,
    isMeant: (group: Omit<Group, 'devices'>) => boolean,
  ): Iterable<Entry> {
    const [, safe] = USUAL.exec(id) ?? []
    if (safe !== undefined) yield* this.#likeIds.find(tenant, safe, entries)
    if (this.#groups.size === 0) return
    for (const { devices, ...group } of this.#groups.get(toKey(tenant, id)) ?? []) {
      if (!isMeant(group)) continue
      for (const device of devices) {
        const entry = entries.get({ kind: 'device', tenant, id: device })
        if (entry !== undefined) yield entry
      }
    }
  }
}

function toKey(tenant: string | undefined, id: string): string {
  return `${tenant ?? ''}\n${id}`
}
