/** All entries in memory, by kind, tenant and id; and a view of it in which some are changed already, while that is only a wish. */
import { ClaimedEntities, type ListUnusual } from './claimed-entities.ts'
import type { Entry, EntryChange } from './entry.ts'
import type { Kind, Place } from './provisioning.ts'

/** What can be asked of both. */
export interface Entries {
  get(place: Place): Entry | undefined
  /** How many there are of a tenant. */
  count(kind: Kind, tenant: string): number
  /** Devices of the tenant that may write into the entity of this id. Of many of one kind, those only that `isMeant` takes. */
  findWriters(entity: EntityPlace, isMeant: IsMeant): Iterable<Entry>
  /** That no other device of the tenant can write into an entity of this one. */
  isAlone(device: Entry): boolean
  /** Those of a kind, of one tenant where it is named. */
  list(kind: Kind, tenant?: string): Iterable<Entry>
}

interface EntityPlace {
  readonly tenant: string
  readonly id: string
}

type IsMeant = Parameters<ClaimedEntities['find']>[2]

/** Of things that are no tenant's. */
const NO_TENANT = ''

export class EntryTable implements Entries {
  readonly listUnusual: ListUnusual
  readonly #claimed: ClaimedEntities
  readonly #byKind = new Map<Kind, Map<string, Map<string, Entry>>>()
  #profilesRevision = 0

  constructor(listUnusual: ListUnusual) {
    this.listUnusual = listUnusual
    this.#claimed = new ClaimedEntities(listUnusual)
  }

  get({ kind, tenant = NO_TENANT, id }: Place): Entry | undefined {
    return this.#byKind.get(kind)?.get(tenant)?.get(id)
  }

  set(entry: Entry): void {
    const { kind, tenant = NO_TENANT, id } = entry
    const ofKind = this.#byKind.get(kind) ?? new Map<string, Map<string, Entry>>()
    const ofTenant = ofKind.get(tenant) ?? new Map<string, Entry>()
    this.#byKind.set(kind, ofKind.set(tenant, ofTenant))
    const before = ofTenant.get(id)
    if (before !== undefined) this.#claimed.remove(before)
    ofTenant.set(id, entry)
    this.#claimed.add(entry)
  }

  remove({ kind, tenant = NO_TENANT, id }: Place): void {
    const entry = this.get({ kind, tenant, id })
    if (entry === undefined) return
    this.#byKind.get(kind)?.get(tenant)?.delete(id)
    this.#claimed.remove(entry)
  }

  /** What devices write into is another matter once profiles have changed. */
  followProfiles(revision: number): void {
    if (revision === this.#profilesRevision) return
    this.#profilesRevision = revision
    this.#claimed.rebuild(this.list('device'))
  }

  isAlone(device: Entry): boolean {
    return this.#claimed.isAlone(device, this)
  }

  findWriters(entity: EntityPlace, isMeant: IsMeant): Iterable<Entry> {
    return this.#claimed.find(entity, this, isMeant)
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
  readonly #claimed: ClaimedEntities
  readonly #changed = new Map<string, EntryChange & { readonly place: Place }>()

  constructor(table: EntryTable) {
    this.#table = table
    this.#claimed = new ClaimedEntities(table.listUnusual)
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
    if (after !== undefined) this.#claimed.add(after)
  }

  isAlone(device: Entry): boolean {
    return this.#table.isAlone(device) && this.#claimed.isAlone(device, this)
  }

  *findWriters(entity: EntityPlace, isMeant: IsMeant): Iterable<Entry> {
    for (const entry of this.#table.findWriters(entity, isMeant)) {
      const now = this.get(entry)
      if (now !== undefined) yield now
    }
    yield* this.#claimed.find(entity, this, isMeant)
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
