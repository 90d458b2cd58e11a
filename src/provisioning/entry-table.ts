/** All entries in memory, by kind, tenant and id; and a view of it in which some are changed already, while that is only a wish. */
import type { Entry, EntryChange } from './entry.ts'
import { LikeIds } from './like-ids.ts'
import type { Kind, Place } from './provisioning.ts'

/** What can be asked of both. */
export interface Entries {
  get(place: Place): Entry | undefined
  /** How many there are of a tenant. */
  count(kind: Kind, tenant: string): number
  /** Other devices of the tenant whose entities could be mistaken for those of this one. */
  findAlike(device: Entry): readonly Entry[]
  /** Those of a kind, of one tenant where it is named. */
  list(kind: Kind, tenant?: string): Iterable<Entry>
}

/** Of things that are no tenant's. */
const NO_TENANT = ''

export class EntryTable implements Entries {
  readonly #likeIds = new LikeIds()
  readonly #byKind = new Map<Kind, Map<string, Map<string, Entry>>>()

  get({ kind, tenant = NO_TENANT, id }: Place): Entry | undefined {
    return this.#byKind.get(kind)?.get(tenant)?.get(id)
  }

  set(entry: Entry): void {
    const { kind, tenant = NO_TENANT, id } = entry
    const ofKind = this.#byKind.get(kind) ?? new Map<string, Map<string, Entry>>()
    const ofTenant = ofKind.get(tenant) ?? new Map<string, Entry>()
    this.#byKind.set(kind, ofKind.set(tenant, ofTenant.set(id, entry)))
    this.#likeIds.add(entry)
  }

  remove({ kind, tenant = NO_TENANT, id }: Place): void {
    const entry = this.get({ kind, tenant, id })
    if (entry === undefined) return
    this.#byKind.get(kind)?.get(tenant)?.delete(id)
    this.#likeIds.remove(entry)
  }

  findAlike(device: Entry): readonly Entry[] {
    return this.#likeIds.find(device, this)
  }

  count(kind: Kind, tenant: string): number {
    return this.#byKind.get(kind)?.get(tenant)?.size ?? 0
  }

  *list(kind: Kind, tenant?: string): Iterable<Entry> {
    const ofKind = this.#byKind.get(kind)
    if (ofKind === undefined) return
    if (tenant !== undefined) yield* ofKind.get(tenant)?.values() ?? []
    else for (const ofTenant of ofKind.values()) yield* ofTenant.values()
  }
}

export class EntryDraft implements Entries {
  readonly #table: EntryTable
  /** Of those that are to come. */
  readonly #likeIds = new LikeIds()
  readonly #changed = new Map<string, EntryChange & { readonly place: Place }>()

  constructor(table: EntryTable) {
    this.#table = table
  }

  /** One for each place, in the order of the first wish for it. */
  get changes(): readonly (EntryChange & { readonly place: Place })[] {
    return [...this.#changed.values()]
  }

  /** What becomes of a place; nothing where it stays as it is. */
  getChange(place: Place): EntryChange | undefined {
    return this.#changed.get(toKey(place))
  }

  get(place: Place): Entry | undefined {
    const changed = this.#changed.get(toKey(place))
    return changed === undefined ? this.#table.get(place) : changed.after
  }

  /** Nothing in place of an entry removes it. */
  set(place: Place, after: Entry | undefined): void {
    const key = toKey(place)
    const before = this.#changed.get(key)?.before ?? this.#table.get(place)
    this.#changed.set(key, { place, before, after })
    if (after !== undefined) this.#likeIds.add(after)
  }

  findAlike(device: Entry): readonly Entry[] {
    const known = this.#table.findAlike(device).flatMap(entry => this.get(entry) ?? [])
    return [...new Set([...known, ...this.#likeIds.find(device, this)])]
  }

  count(kind: Kind, tenant: string): number {
    let count = this.#table.count(kind, tenant)
    for (const { place, before, after } of this.#changed.values()) {
      if (place.kind === kind && place.tenant === tenant)
        count += Number(after !== undefined) - Number(before !== undefined)
    }
    return count
  }

  *list(kind: Kind, tenant?: string): Iterable<Entry> {
    for (const entry of this.#table.list(kind, tenant)) if (!this.#changed.has(toKey(entry))) yield entry
    for (const { place, after } of this.#changed.values()) {
      const isMeant = place.kind === kind && (tenant === undefined || place.tenant === tenant)
      if (isMeant && after !== undefined) yield after
    }
  }
}

function toKey({ kind, tenant = NO_TENANT, id }: Place): string {
  return `${kind}\n${tenant}\n${id}`
}
