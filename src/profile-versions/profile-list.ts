/** Looks profiles up and lists them, with the devices that have them. Changes nothing. */
import type { Engine } from '../journal/engine.ts'
import { readDraft } from '../profiles/read-draft.ts'
import type { Provisioned } from '../provisioning/provisioning.ts'
import type { Device } from '../reading.ts'
import type { ProfileHead } from './profile-head.ts'
import {
  comparePlaces,
  DeviceCounts,
  fitsSearch,
  type ProfileListQuery,
  type ProfileView,
  toKey,
  type VersionView,
} from './profile-view.ts'
import type { Profiles, ProfilesInUse } from './profiles-in-use.ts'
import { listVersions, type ProfilePlace, readVersion, type VersionRecord } from './version-record.ts'

export interface ProfileListOptions {
  readonly engine: Engine
  readonly inUse: Pick<ProfilesInUse, 'files' | 'of'>
  readonly listHeads: () => readonly Provisioned[]
  /** All of them, or those of one tenant. */
  readonly listDevices: (tenant: string | undefined) => Iterable<Device>
}

export class ProfileList {
  readonly #options: ProfileListOptions

  constructor(options: ProfileListOptions) {
    this.#options = options
  }

  /** Own profiles of a tenant, those that all tenants share, and those of files. */
  async list(query: ProfileListQuery): Promise<{
    readonly items: readonly ProfileView[]
    readonly total: number
    readonly isLast: boolean
  }> {
    const { tenant, search, source, after, limit } = query
    const all = await this.#listAll(tenant)
    const meant = all
      .filter(view => source === undefined || view.source === source)
      .filter(view => search === undefined || fitsSearch(view, search))
      .sort((one, other) => comparePlaces(toEnd(one), toEnd(other)))
    const behind = after === undefined ? meant : meant.filter(one => comparePlaces(toEnd(one), after) > 0)
    return { items: behind.slice(0, limit), total: meant.length, isLast: behind.length <= limit }
  }

  /** With a tenant, its own profile of this id or else the one that it shares with the others. */
  async get({ tenant, id }: ProfilePlace): Promise<ProfileView | undefined> {
    const all = await this.#listAll(tenant, id)
    const shared = all.find(view => view.tenant === undefined)
    return all.find(view => view.tenant === tenant) ?? shared ?? (all.length === 1 ? all[0] : undefined)
  }

  /** The newest first. */
  async listVersions(
    { id, tenant, latest = 0, active }: ProfileView,
    { before, limit }: { readonly before?: number | undefined; readonly limit: number },
  ): Promise<readonly VersionView[]> {
    const from = Math.min(latest, (before ?? latest + 1) - 1)
    if (from < 1) return []
    const records = await listVersions(this.#options.engine, { id, tenant }, { from, limit })
    return records.map(record => toVersionView(record, record.version, active))
  }

  async getVersion(
    { id, tenant, latest = 0, active }: ProfileView,
    version: number,
  ): Promise<{ readonly view: VersionView; readonly record: VersionRecord } | undefined> {
    if (version > latest) return undefined
    const record = await readVersion(this.#options.engine, { id, tenant }, version)
    return record && { view: toVersionView(record, version, active), record }
  }

  async #listAll(tenant: string | undefined, id?: string): Promise<readonly ProfileView[]> {
    const { inUse, listHeads } = this.#options
    const heads = listHeads().filter(
      head =>
        (id === undefined || head.id === id) &&
        (tenant === undefined || head.tenant === undefined || head.tenant === tenant),
    )
    const own = new Set(listHeads().map(toKey))
    const counts = this.#count(tenant, own)
    const files = [...inUse.files.values()].filter(profile => id === undefined || profile.id === id)
    const views: ProfileView[] = files.map(({ vendor, model, description, id: fileId }) => ({
      ...{ id: fileId, source: 'file', vendor, model, description, earlier: [], revision: 0 },
      ...counts.get(toKey({ id: fileId })),
    }))
    for (const head of heads) views.push(await this.#toView(head, counts))
    return views
  }

  #count(tenant: string | undefined, own: ReadonlySet<string>): DeviceCounts {
    const counts = new DeviceCounts()
    for (const { tenant: owner, profile: id, profileVersion } of this.#options.listDevices(tenant)) {
      const key = toKey({ tenant: owner, id })
      counts.add(own.has(key) ? key : toKey({ id }), profileVersion)
    }
    return counts
  }

  async #toView({ id, tenant, revision, updatedAt, value }: Provisioned, counts: DeviceCounts) {
    const { active, latest, earlier = [], shadow } = value as ProfileHead
    const { vendor, model, description } = (await this.#describe(value as ProfileHead)) ?? {}
    const view: ProfileView = {
      ...{ id, tenant, source: 'api', vendor, model, description },
      ...{ active, latest, earlier, shadow, revision, updatedAt },
      ...counts.get(toKey({ tenant, id })),
    }
    return view
  }

  async #describe({ id, tenant, active, latest }: ProfileHead) {
    const { engine, inUse } = this.#options
    const profiles: Profiles = inUse.of(tenant ?? '')
    if (active !== undefined) return profiles.get(id)
    const record = await readVersion(engine, { id, tenant }, latest)
    const read = record && readDraft(record.text)
    return read?.faults === undefined ? read?.value.profile : undefined
  }
}

function toEnd({ id, tenant = '' }: ProfileView) {
  return [id, tenant] as const
}

function toVersionView(
  { createdAt, createdBy, note }: VersionRecord,
  version: number,
  active: number | undefined,
): VersionView {
  return { version, isActive: version === active, createdAt, createdBy, note }
}
