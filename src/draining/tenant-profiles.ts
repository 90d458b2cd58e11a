/** Profiles made ready for the flow, for each tenant: those that all tenants share, and its own. */
import type { Profile } from '../profiles/profile.ts'
import type { UsedProfile } from '../profiles/used-profile.ts'
import type { CompiledProfile } from './carried.ts'

type Compile = (profile: Profile) => CompiledProfile

export interface ReadyProfiles {
  readonly profiles: readonly Profile[]
  /** By the name under which devices find them. */
  readonly compiled: ReadonlyMap<string, CompiledProfile>
}

export class TenantProfiles {
  readonly #shared: ReadyProfiles
  readonly #byTenant: ReadonlyMap<string, ReadyProfiles>

  constructor(used: readonly UsedProfile[], compile: Compile) {
    const shared = used.filter(({ tenant }) => tenant === undefined)
    const compiled = new Map(shared.map(profile => [profile.id, compile(profile)] as const))
    this.#shared = { profiles: shared, compiled }
    const tenants = new Set(used.flatMap(({ tenant }) => tenant ?? []))
    this.#byTenant = new Map(
      [...tenants].map(tenant => [
        tenant,
        add(
          this.#shared,
          used.filter(one => one.tenant === tenant),
          compile,
        ),
      ]),
    )
  }

  of(tenant: string): ReadyProfiles {
    return this.#byTenant.get(tenant) ?? this.#shared
  }
}

function add(shared: ReadyProfiles, own: readonly UsedProfile[], compile: Compile): ReadyProfiles {
  const compiled = own.map(profile => {
    // Two tenants may have one of the same id: the limits of their scripts are their own.
    const apart = { ...profile, id: `${profile.tenant}/${profile.id}` }
    return [profile.id, compile(apart)] as const
  })
  return { profiles: [...shared.profiles, ...own], compiled: new Map([...shared.compiled, ...compiled]) }
}
