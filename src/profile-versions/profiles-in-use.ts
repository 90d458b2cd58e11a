/**
 * The profiles of files and of the store as devices find them: of each the active version, and those that devices are pinned to.
 * What is in use here is in use everywhere.
 */
import type { Engine } from '../journal/engine.ts'
import type { Profile } from '../profiles/profile.ts'
import { readDraft } from '../profiles/read-draft.ts'
import { isVersion, nameProfile, nameVersion, type UsedProfile } from '../profiles/used-profile.ts'
import type { Device } from '../reading.ts'
import type { ShadowPlan } from '../shadow/shadow-plan.ts'
import type { ProfileHead } from './profile-head.ts'
import { type ProfilePlace, readVersion } from './version-record.ts'

export type Profiles = ReadonlyMap<string, Profile>

/** What changes of the store: a head as it is now, or a profile that is gone; and devices as they are now. */
export interface StoreChange {
  readonly heads: readonly (ProfilePlace & { readonly head: ProfileHead | undefined })[]
  readonly devices: readonly Pick<Device, 'tenant' | 'profile' | 'profileVersion'>[]
}

export interface ProfilesInUseOptions {
  readonly engine: Engine
  readonly files: Profiles
  /** Hears of a version that is stored and cannot be used: its devices have no profile. */
  readonly onFault: (name: string, fault: string) => void
}

interface Stored {
  readonly head: ProfileHead
  readonly versions: ReadonlyMap<number, Profile>
}

/** No tenant has this name. */
const SHARED = ''

export class ProfilesInUse {
  readonly #options: ProfilesInUseOptions
  #files: Profiles
  readonly #stored = new Map<string, Stored>()
  /** Versions that devices have been pinned to since the start. */
  readonly #pinned = new Map<string, Set<number>>()
  #byTenant = new Map<string, Profiles>()
  readonly #offered = new WeakMap<Profiles, Profiles>()
  #revision = 0

  constructor(options: ProfilesInUseOptions) {
    this.#options = options
    this.#files = options.files
  }

  get files(): Profiles {
    return this.#files
  }

  /** Rises when anything is otherwise than before. */
  get revision(): number {
    return this.#revision
  }

  /** Those of the store that have an active version, shared by all tenants, and those of files. */
  get shared(): Profiles {
    return this.of(SHARED)
  }

  find(device: Pick<Device, 'tenant' | 'profile' | 'profileVersion'>): Profile | undefined {
    return this.of(device.tenant).get(nameProfile(device))
  }

  /** What the devices of a tenant may have, by the name under which they find it. */
  of(tenant: string): Profiles {
    const known = this.#byTenant.get(tenant)
    if (known !== undefined) return known
    const all = this.list()
    const hasOwn = all.some(one => one.tenant === tenant)
    // Most tenants have none of their own.
    const name = hasOwn ? tenant : SHARED
    const own = all.filter(one => one.tenant === undefined || one.tenant === name)
    const profiles = this.#byTenant.get(name) ?? new Map(own.map(profile => [profile.id, profile] as const))
    this.#byTenant.set(name, profiles).set(tenant, profiles)
    return profiles
  }

  /** Those of them that a device may be given, by their ids; the same map as long as nothing changes. */
  offer(tenant: string): Profiles {
    const profiles = this.of(tenant)
    const known = this.#offered.get(profiles)
    if (known !== undefined) return known
    const offered = new Map([...profiles].filter(([name]) => !isVersion(name)))
    this.#offered.set(profiles, offered)
    return offered
  }

  /** All of them, for all tenants. */
  list(): readonly UsedProfile[] {
    return [...this.#files.values(), ...[...this.#stored.values()].flatMap(one => this.#listUsed(one))]
  }

  get shadows(): readonly ShadowPlan[] {
    return [...this.#stored.values()].flatMap(({ head, versions }) => toShadowPlan(head, versions) ?? [])
  }

  useFiles(files: Profiles): void {
    this.#files = files
    this.#becomeOther()
  }

  /** Gives whether anything is otherwise than before. Versions that are needed now are read. */
  async follow({ heads, devices }: StoreChange): Promise<boolean> {
    const touched = new Map(heads.map(({ tenant, id, head }) => [toKey({ tenant, id }), head] as const))
    for (const device of devices) {
      const key = this.#pin(device)
      if (key !== undefined && !touched.has(key)) touched.set(key, this.#stored.get(key)?.head)
    }
    for (const [key, head] of touched) {
      if (head === undefined) this.#forget(key)
      else this.#stored.set(key, { head, versions: await this.#load(key, head) })
    }
    if (touched.size > 0) this.#becomeOther()
    return touched.size > 0
  }

  #becomeOther(): void {
    this.#byTenant = new Map()
    this.#revision += 1
  }

  #forget(key: string): void {
    this.#stored.delete(key)
    this.#pinned.delete(key)
  }

  /** The key of the profile whose version is not there yet. */
  #pin({ tenant, profile: id, profileVersion }: StoreChange['devices'][number]): string | undefined {
    if (profileVersion === undefined) return undefined
    const own = toKey({ tenant, id })
    const key = this.#stored.has(own) ? own : toKey({ id })
    const versions = this.#pinned.get(key) ?? new Set()
    this.#pinned.set(key, versions)
    if (versions.has(profileVersion)) return undefined
    versions.add(profileVersion)
    return key
  }

  async #load(key: string, head: ProfileHead): Promise<ReadonlyMap<number, Profile>> {
    const before = this.#stored.get(key)?.versions
    const needed = [head.active, head.shadow?.version, ...(this.#pinned.get(key) ?? [])]
    const versions = new Map<number, Profile>()
    for (const version of needed.flatMap(one => one ?? [])) {
      const profile = before?.get(version) ?? (await this.#read(head, version))
      if (profile !== undefined) versions.set(version, profile)
    }
    return versions
  }

  async #read(head: ProfileHead, version: number): Promise<Profile | undefined> {
    const { engine, onFault } = this.#options
    const name = nameVersion(head.tenant === undefined ? head.id : `${head.tenant}/${head.id}`, version)
    const record = await readVersion(engine, head, version)
    const read = record && readDraft(record.text)
    if (read?.faults === undefined) {
      if (read === undefined) onFault(name, 'it is not in the store')
      return read?.value.profile
    }
    const [{ key, problem } = { key: '', problem: '' }] = read.faults
    onFault(name, `${key}: ${problem}`)
    return undefined
  }

  #listUsed({ head, versions }: Stored): readonly UsedProfile[] {
    const { id, tenant, active } = head
    const own = tenant === undefined ? {} : { tenant }
    const pinned = [...(this.#pinned.get(toKey(head)) ?? [])]
    const named = [
      ...(active === undefined ? [] : [{ version: active, name: id }]),
      ...pinned.map(version => ({ version, name: nameVersion(id, version) })),
    ]
    return named.flatMap(({ version, name }) => {
      const profile = versions.get(version)
      return profile === undefined ? [] : [{ ...profile, id: name, ...own }]
    })
  }
}

function toShadowPlan(
  { id, tenant, active, shadow }: ProfileHead,
  versions: ReadonlyMap<number, Profile>,
): ShadowPlan | undefined {
  const [before, beside] = [versions.get(active ?? 0), versions.get(shadow?.version ?? 0)]
  if (active === undefined || shadow === undefined || before === undefined || beside === undefined)
    return undefined
  const { devices, version, since } = shadow
  return {
    key: JSON.stringify([tenant, id, active, version, since]),
    ...{ id, tenant, devices },
    active: { version: active, profile: before },
    shadow: { version, profile: beside },
  }
}

function toKey({ tenant = '', id }: ProfilePlace): string {
  return `${tenant}/${id}`
}
