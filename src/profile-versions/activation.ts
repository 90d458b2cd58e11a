/** Whether a version may be used: what keeps it from that, and what of it those who read its entities have to know. */
import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../config/config.ts'
import type { Fault } from '../document.ts'
import { findEntityClashes } from '../profiles/entity-clashes.ts'
import { findMeaningChanges } from '../profiles/meaning-changes.ts'
import type { Profile } from '../profiles/profile.ts'
import { runSamples, type SampleResult } from '../profiles/samples.ts'
import type { Device } from '../reading.ts'
import { getEntityTypes, loadModelSchemas } from '../validation/model-schemas.ts'
import type { Profiles } from './profiles-in-use.ts'

export interface ActivationPlace {
  readonly config: Pick<Config, 'validate' | 'schemas'>
  /** The devices that have the profile, and the others of their tenants: no two of them may write into one entity. */
  readonly listDevices: () => ReadonlyMap<string, readonly Device[]>
  /** What the devices of a tenant have now. */
  readonly getProfiles: (tenant: string) => Profiles
  /** Of which tenants each device has a `Device` as well. */
  readonly isStatusTold: (tenant: string) => boolean
}

/** A profile that does not do what its own samples say is not used. */
export async function findSampleFaults(profiles: readonly Profile[]): Promise<readonly Fault[]> {
  const results = await runSamples(profiles)
  return results.flatMap(({ profile, ...result }) => toSampleFaults(profile, [result]))
}

export function toSampleFaults(
  profile: string,
  results: readonly Omit<SampleResult, 'profile'>[],
): readonly Fault[] {
  return results
    .filter(({ passed }) => !passed)
    .map(({ sample, difference }) => ({
      file: `profile ${profile}`,
      key: `sample "${sample}"`,
      problem: difference,
    }))
}

/** But for its samples. */
export function findActivationFaults(
  next: Profile,
  active: Profile | undefined,
  place: ActivationPlace,
): readonly Fault[] {
  const { validate, schemas } = place.config
  const missing = validate === 'off' ? [] : (loadModelSchemas(schemas, getEntityTypes([next])).faults ?? [])
  return [...missing, ...findNewClashes(next, active, place)]
}

export function findWarnings(next: Profile, active: Profile | undefined): readonly string[] {
  return active === undefined
    ? []
    : findMeaningChanges(new Map([[active.id, active]]), new Map([[next.id, next]]))
}

/** Those that were there before are nothing that this version could be blamed for. */
function findNewClashes(
  next: Profile,
  active: Profile | undefined,
  { listDevices, getProfiles, isStatusTold }: ActivationPlace,
): readonly Fault[] {
  if (active !== undefined && isDeepStrictEqual(listIdentities(active), listIdentities(next))) return []
  return [...listDevices()].flatMap(([tenant, devices]) => {
    const before = getProfiles(tenant)
    const find = (profiles: Profiles) =>
      findEntityClashes(devices, profiles, `tenant ${tenant}`, isStatusTold)
    const clashes = find(new Map([...before, [next.id, next]]))
    if (clashes.length === 0) return []
    const known = new Set(find(before).map(({ problem }) => problem))
    return clashes.filter(({ problem }) => !known.has(problem))
  })
}

function listIdentities({ entities }: Profile) {
  return entities.map(({ id, type }) => ({ id, type }))
}
