/** What is told of profiles: those of files, and those of the store with their versions. */
import type { Profile } from '../profiles/profile.ts'
import type { ProfileHead } from './profile-head.ts'

export interface ProfileView {
  readonly id: string
  /** Whose it is; of all tenants where there is none. */
  readonly tenant?: string | undefined
  readonly source: 'file' | 'api'
  /** Of the active version, or of the newest one where none is active. */
  readonly vendor?: string | undefined
  readonly model?: string | undefined
  readonly description?: Profile['description'] | undefined
  /** Those of files have no versions. */
  readonly active?: number | undefined
  readonly latest?: number | undefined
  /** Those that were active before, oldest first. */
  readonly earlier: readonly number[]
  readonly shadow?: ProfileHead['shadow'] | undefined
  /** How many devices have it. */
  readonly devices: number
  /** How many of them are pinned to each version. */
  readonly pinned: Readonly<Record<number, number>>
  /** Rises with each change; 0 for those of files. */
  readonly revision: number
  /** Milliseconds since the epoch; absent for those of files. */
  readonly updatedAt?: number | undefined
}

export interface VersionView {
  readonly version: number
  readonly isActive: boolean
  readonly createdAt: number
  readonly createdBy: string
  readonly note?: string | undefined
}

export interface ProfileListQuery {
  /** That of who asks, or the one that is asked for: its own profiles, and those that all tenants share. */
  readonly tenant?: string | undefined
  /** Part of the id, the maker, the model or the description, in whatever case. */
  readonly search?: string | undefined
  readonly source?: ProfileView['source'] | undefined
  /** The last one of the page before. */
  readonly after?: ProfilePageEnd | undefined
  readonly limit: number
}

export type ProfilePageEnd = readonly [id: string, tenant: string]

/** Devices by the profile that they have, and of them those that are pinned. */
export class DeviceCounts {
  readonly #counts = new Map<string, { devices: number; readonly pinned: Record<number, number> }>()

  add(key: string, version: number | undefined): void {
    const count = this.#counts.get(key) ?? { devices: 0, pinned: {} }
    count.devices += 1
    if (version !== undefined) count.pinned[version] = (count.pinned[version] ?? 0) + 1
    this.#counts.set(key, count)
  }

  get(key: string): Pick<ProfileView, 'devices' | 'pinned'> {
    return this.#counts.get(key) ?? { devices: 0, pinned: {} }
  }
}

export function toKey({ tenant = '', id }: { readonly tenant?: string | undefined; readonly id: string }) {
  return `${tenant}/${id}`
}

export function fitsSearch(
  { id, vendor = '', model = '', description }: ProfileView,
  search: string,
): boolean {
  const sought = search.trim().toLocaleLowerCase()
  return [id, vendor, model, description?.en ?? '', description?.sl ?? ''].some(text =>
    text.toLocaleLowerCase().includes(sought),
  )
}

export function comparePlaces([id, tenant]: ProfilePageEnd, [otherId, otherTenant]: ProfilePageEnd): number {
  if (id !== otherId) return id < otherId ? -1 : 1
  if (tenant === otherTenant) return 0
  return tenant < otherTenant ? -1 : 1
}
