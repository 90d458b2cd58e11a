/** Everything an agent is started with, loaded and checked: either all of it is sound, or every fault is told and nothing starts. */
import { randomBytes } from 'node:crypto'
import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import type { Checked, Fault } from '../document.ts'
import { findEntityClashes } from '../profiles/entity-clashes.ts'
import { loadProfiles } from '../profiles/load.ts'
import type { Profile } from '../profiles/profile.ts'
import { runSamples } from '../profiles/samples.ts'
import { type LoadedRegistry, loadRegistry } from '../registry/load.ts'
import { loadSecretKey } from '../registry/secret-key.ts'
import { getEntityTypes, loadModelSchemas } from '../validation/model-schemas.ts'
import { findTlsFaults } from './tls-faults.ts'

export interface Plan extends LoadedRegistry {
  readonly config: Config
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
  const registry = loadRegistry({
    file: config.value.provision,
    environment: process.env,
    profileIds: new Set(profiles.value.keys()),
    destinationIds: config.value.destinations.map(({ id }) => id),
    key,
  })
  if (registry.faults !== undefined) return { faults: [...faults, ...registry.faults] }
  const { devices } = registry.value.registry.data
  const clashes = findEntityClashes(devices, profiles.value, config.value.provision)
  if (faults.length + clashes.length > 0) return { faults: [...faults, ...clashes] }
  return { value: { config: config.value, profiles: profiles.value, key, ...registry.value } }
}

/** The profiles of a running agent once more, for the devices that it has. */
export async function loadProfilesAgain({ config, registry }: Plan): Promise<Checked<Plan['profiles']>> {
  const profiles = loadProfiles(config.profiles)
  if (profiles.faults !== undefined) return profiles
  const clashes = findEntityClashes(registry.data.devices, profiles.value, config.provision)
  const faults = [...(await findProfileFaults(config, profiles.value)), ...clashes]
  const gone = registry.profileIds.filter(id => !profiles.value.has(id))
  const missing = gone.map(id => {
    const problem = `expected the profile ${id}, which devices are provisioned with, got none`
    return { file: config.profiles.join(', '), key: '', problem }
  })
  return faults.length + missing.length === 0 ? profiles : { faults: [...faults, ...missing] }
}

/** What the profiles do not say themselves: whether they do what their samples say, and whether there are schemas for them. */
async function findProfileFaults(config: Config, profiles: Plan['profiles']): Promise<readonly Fault[]> {
  return [...(await findSampleFaults([...profiles.values()])), ...findSchemaFaults(config, profiles)]
}

function findSchemaFaults({ validate, schemas }: Config, profiles: Plan['profiles']): readonly Fault[] {
  if (validate === 'off') return []
  return loadModelSchemas(schemas, getEntityTypes(profiles.values())).faults ?? []
}

/** A profile that does not do what its own samples say is not used. */
async function findSampleFaults(profiles: readonly Profile[]) {
  const results = await runSamples(profiles)
  return results
    .filter(({ passed }) => !passed)
    .map(({ profile, sample, difference }) => ({
      file: `profile ${profile}`,
      key: `sample "${sample}"`,
      problem: difference,
    }))
}
