/**
 * Which devices write into an entity, found by its id. An id of the usual form says so itself; only the others, of which most fleets
 * have few, are kept. What is kept may be out of date: who asks looks at the claims of the device as it is.
 */
import type { EntityClaim } from '../profiles/entity-claims.ts'
import type { Entry } from './entry.ts'
import { LikeIds } from './like-ids.ts'
import type { Place } from './provisioning.ts'

/** Of a device, by its profile. */
export type ListClaims = (device: Entry) => readonly EntityClaim[]

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
  readonly #listClaims: ListClaims
  readonly #likeIds = new LikeIds()
  /** By tenant and id of the entity. */
  readonly #groups = new Map<string, Group[]>()

  constructor(listClaims: ListClaims) {
    this.#listClaims = listClaims
  }

  add(entry: Entry): void {
    if (entry.kind !== 'device') return
    this.#likeIds.add(entry)
    for (const claim of this.#listKept(entry)) {
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
    for (const { id } of this.#listKept(entry)) {
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
    for (const entry of entries) this.add(entry)
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

  #listKept(entry: Entry): readonly EntityClaim[] {
    return this.#listClaims(entry).filter(({ isUsual }) => !isUsual)
  }
}

function toKey(tenant: string | undefined, id: string): string {
  return `${tenant ?? ''}\n${id}`
}
