/** Everything an agent is started with, loaded and checked: either all of it is sound, or every fault is told and nothing starts. */
import { randomBytes } from 'node:crypto'
import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import { type Checked, type Fault, showValue } from '../document.ts'
import { findSampleFaults } from '../profile-versions/activation.ts'
import type { ProfilesInUse } from '../profile-versions/profiles-in-use.ts'
import { withDeviceStatus } from '../profiles/device-status.ts'
import { findEntityClashes } from '../profiles/entity-clashes.ts'
import { loadProfiles } from '../profiles/load.ts'
import type { Profile } from '../profiles/profile.ts'
import type { Entry } from '../provisioning/entry.ts'
import type { Provisioning } from '../provisioning/live-provisioning.ts'
import { loadProvision } from '../provisioning/load.ts'
import type { Device } from '../reading.ts'
import type { ProvisionedTenant } from '../registry/provision.ts'
import type { Registry } from '../registry/registry.ts'
import { loadSecretKey } from '../registry/secret-key.ts'
import { getEntityTypes, loadModelSchemas } from '../validation/model-schemas.ts'
import { findTwice } from './profiles-live.ts'
import { findTlsFaults } from './tls-faults.ts'

export interface Plan {
  readonly configFile: string
  readonly config: Config
  /** What the provisioning file says. */
  readonly provision: readonly Entry[]
  readonly profiles: ReadonlyMap<string, Profile>
  readonly key: Buffer
}

/** `isDryRun` leaves the data folder alone; it is for `check`, which starts nothing. */
export async function loadPlan(configFile: string, { isDryRun = false } = {}): Promise<Checked<Plan>> {
  const config = loadConfig(configFile, process.env)
  if (config.faults !== undefined) return config
  const profiles = loadProfiles(config.value.profiles)
  if (profiles.faults !== undefined) return profiles
  const tlsFaults = findTlsFaults(config.value, configFile)
  const faults = [...tlsFaults, ...(await findProfileFaults(config.value, profiles.value))]
  const key = isDryRun ? randomBytes(32) : loadSecretKey(config.value.dataDir)
  const provision = loadProvisionFile(
    { config: config.value, key },
    profiles.value,
    config.value.destinations,
  )
  if (provision.faults !== undefined) return { faults: [...faults, ...provision.faults] }
  if (isDryRun) {
    faults.push(...findBridgeFaults(config.value.bridges, provision.value, configFile))
    faults.push(...findAnonymousFaults(config.value, provision.value, configFile))
  }
  if (faults.length > 0) return { faults }
  return {
    value: { configFile, config: config.value, profiles: profiles.value, key, provision: provision.value },
  }
}

/** The provisioning file as it is now, beside these profiles and destinations of the configuration. */
export function loadProvisionFile(
  { config, key }: Pick<Plan, 'config' | 'key'>,
  profiles: Plan['profiles'],
  destinations: readonly { readonly id: string }[],
): Checked<readonly Entry[]> {
  const loaded = loadProvision({
    file: config.provision,
    environment: process.env,
    profileIds: new Set(profiles.keys()),
    destinationIds: destinations.map(({ id }) => id),
    entityTypes: getEntityTypes(withDeviceStatus(profiles.values())),
    key,
  })
  if (loaded.faults !== undefined) return loaded
  const devices = loaded.value.flatMap(({ kind, parsed }) => (kind === 'device' ? [parsed as Device] : []))
  const told = loaded.value.flatMap(({ kind, id, parsed }) =>
    kind === 'tenant' && (parsed as ProvisionedTenant).deviceStatus ? [id] : [],
  )
  const clashes = findEntityClashes(devices, profiles, config.provision, tenant => told.includes(tenant))
  return clashes.length === 0 ? loaded : { faults: clashes }
}

export interface ProfileSurroundings {
  readonly registry: Registry
  readonly inUse: ProfilesInUse
  readonly provisioning: Pick<Provisioning, 'list'>
}

/** The profiles of files of a running agent once more, for the devices that it has. */
export async function loadProfilesAgain(
  { config }: Plan,
  { registry, inUse, provisioning }: ProfileSurroundings,
): Promise<Checked<Plan['profiles']>> {
  const profiles = loadProfiles(config.profiles)
  if (profiles.faults !== undefined) return profiles
  const beside = new Map([...inUse.shared, ...profiles.value])
  const isStatusTold = (tenant: string) => registry.getTenant(tenant)?.deviceStatus === true
  const clashes = findEntityClashes(registry.data.devices, beside, config.provision, isStatusTold)
  const twice = findTwice(profiles.value, provisioning)
  const faults = [...(await findProfileFaults(config, profiles.value)), ...clashes, ...twice]
  const gone = registry.profileIds.filter(id => inUse.files.has(id) && !profiles.value.has(id))
  const missing = gone.map(id => {
    const problem = `expected the profile ${id}, which devices are provisioned with, got none`
    return { file: config.profiles.join(', '), key: '', problem }
  })
  return faults.length + missing.length === 0 ? profiles : { faults: [...faults, ...missing] }
}

/** Tenants of bridges that are not among these entries. */
export function findBridgeFaults(
  bridges: Config['bridges'],
  entries: readonly Entry[],
  file: string,
): readonly Fault[] {
  const tenants = new Set(entries.flatMap(({ kind, id }) => (kind === 'tenant' ? [id] : [])))
  return bridges.flatMap(({ tenant }, at) => {
    if (tenants.has(tenant)) return []
    const problem = `expected the id of a tenant, got ${showValue(tenant)}`
    return [{ file, key: `bridges.${at}.tenant`, problem }]
  })
}

/** Credentials of listeners without authentication that are not among these entries. */
function findAnonymousFaults(
  { mqtt: { listeners } }: Config,
  entries: readonly Entry[],
  file: string,
): readonly Fault[] {
  const known = new Set(
    entries.flatMap(({ kind, tenant, id }) => (kind === 'credential' ? `${tenant}/${id}` : [])),
  )
  return listeners.flatMap(({ anonymousAs }, at) => {
    if (anonymousAs === undefined || known.has(anonymousAs)) return []
    const problem = `expected tenant and user name of a credential, got ${showValue(anonymousAs)}`
    return [{ file, key: `mqtt.listeners.${at}.anonymousAs`, problem }]
  })
}

/** What the profiles do not say themselves: whether they do what their samples say, and whether there are schemas for them. */
async function findProfileFaults(config: Config, profiles: Plan['profiles']): Promise<readonly Fault[]> {
  return [...(await findSampleFaults([...profiles.values()])), ...findSchemaFaults(config, profiles)]
}

function findSchemaFaults({ validate, schemas }: Config, profiles: Plan['profiles']): readonly Fault[] {
  if (validate === 'off') return []
  return loadModelSchemas(schemas, getEntityTypes(withDeviceStatus(profiles.values()))).faults ?? []
}
