/** What the HTTP port tells and changes of profiles, from the parts of a running agent. */
import type { ProfileSources } from '../admin/profile-answers.ts'
import type { Checked } from '../document.ts'
import type { Draining } from '../draining/draining.ts'
import type { Engine } from '../journal/engine.ts'
import { ProfileList } from '../profile-versions/profile-list.ts'
import { ProfileVersions } from '../profile-versions/profile-versions.ts'
import type { ProfilesInUse } from '../profile-versions/profiles-in-use.ts'
import type { ProfilePlace } from '../profile-versions/version-record.ts'
import type { Provisioning } from '../provisioning/live-provisioning.ts'
import type { Device } from '../reading.ts'
import type { Registry } from '../registry/registry.ts'
import type { DraftTested } from '../trace/draft.ts'
import type { DraftJobs } from '../trace/draft-jobs.ts'
import type { Plan } from './plan.ts'

export interface ProfileSourceParts {
  readonly engine: Engine
  readonly draining: Pick<Draining, 'ask'>
  readonly provisioning: Provisioning
  readonly registry: Registry
  readonly inUse: ProfilesInUse
  readonly drafts: DraftJobs
}

export function createProfileSources(
  { config }: Pick<Plan, 'config'>,
  { engine, draining, provisioning, registry, inUse, drafts }: ProfileSourceParts,
): ProfileSources {
  const listDevices = (tenant?: string) => registry.listDevices(tenant)
  const profiles = new ProfileList({
    ...{ engine, inUse, listDevices },
    listHeads: () => provisioning.list('profile', { limit: Number.MAX_SAFE_INTEGER }).items,
  })
  const versions = new ProfileVersions({
    ...{ engine, provisioning, inUse, activation: config },
    listDevicesAround: place => listDevicesAround(place, registry),
    getDevice: (tenant, id) => registry.getDevice(tenant, id),
    test: async draft => (await drafts.run({ kind: 'test', draft })) as Checked<DraftTested>,
    getShadows: () => draining.ask('getShadows'),
  })
  return { profiles, versions }
}

/** Of the tenants that have any device of the profile, all devices. */
function listDevicesAround(
  { tenant, id }: ProfilePlace,
  registry: Registry,
): ReadonlyMap<string, readonly Device[]> {
  const tenants = tenant === undefined ? registry.tenants.map(one => one.id) : [tenant]
  return new Map(
    tenants
      .map(one => [one, [...registry.listDevices(one)]] as const)
      .filter(([, devices]) => devices.some(({ profile }) => profile === id)),
  )
}
