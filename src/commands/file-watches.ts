/** Files that are looked at while the agent runs, and what is done with those that have changed. */
import { statSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import { type Checked, type Fault, formatFault, showValue } from '../document.ts'
import type { EgressPlan } from '../egress/egress.ts'
import { toEgressPlan } from '../egress/named-addresses.ts'
import { FileWatch, type lookAtAll } from '../file-watch.ts'
import { findMeaningChanges } from '../profiles/meaning-changes.ts'
import { CONFIGURATION_KINDS, PROVISION_KINDS, toDestinationEntries } from '../provisioning/file-entries.ts'
import type { Actor, ChangeAnswer } from '../provisioning/provisioning.ts'
import type { Parts } from './agent-sources.ts'
import { loadProfilesAgain, loadProvisionFile, type Plan } from './plan.ts'
import { useEverywhere } from './profiles-live.ts'
import { findTlsFaults } from './tls-faults.ts'

export type FileWatches = Parameters<typeof lookAtAll>[0]
type WatchedParts = Pick<Parts, 'draining' | 'egress' | 'contexts' | 'registry' | 'inUse' | 'provisioning'>

/** In an order in which what comes is there before it is named. */
export function createFileWatches(plan: Plan, parts: WatchedParts, log: Logger): FileWatches {
  return [
    watchConfiguration(plan, parts, log),
    watchProfiles(plan, parts, log),
    watchProvision(plan, parts, log),
  ]
}

/** What is used while the agent runs: where entities go is provisioned. The rest is how the agent was started. */
const FOLLOWED = new Set(['destinations', 'egress'])

function watchConfiguration(plan: Plan, parts: WatchedParts, log: Logger): FileWatch<Config> {
  const file = plan.configFile
  return new FileWatch({
    paths: [file],
    load: async () => loadDestinations(plan),
    use: async config => {
      const entries = toDestinationEntries(config.destinations, Math.round(statSync(file).mtimeMs))
      const answer = await withEgress(plan, parts, config, () =>
        parts.provisioning.useFile(entries, CONFIGURATION_KINDS, toActor(file)),
      )
      const faults = tellUsed(answer, 'changed destinations of the configuration are in use', log)
      const keys = listOtherKeys(config, plan.config)
      if (keys.length > 0) log.warn({ keys, msg: 'changes of these keys are used from the next start on' })
      return faults
    },
    onFaults: tellFaults('changed destinations of the configuration are not used', log),
  })
}

/** With the rules of the file that has changed; while destinations change, both those before and those to come are open. */
async function withEgress(
  { config: started }: Plan,
  { egress, draining }: WatchedParts,
  { destinations, egress: rules }: Config,
  change: () => Promise<ChangeAnswer>,
): Promise<ChangeAnswer> {
  const before = egress.plan
  const after = toEgressPlan({ ...started, destinations, egress: rules })
  const use = async (plan: EgressPlan) => {
    egress.use(plan)
    await draining.useEgress(plan)
  }
  await use({ ...after, named: [...before.named, ...after.named] })
  const answer = await change()
  await use(answer.refusals === undefined ? after : before)
  return answer
}

/** Tenants that name no destination have the first one, for as long as the agent runs. */
function loadDestinations({ config, configFile: file }: Plan): Checked<Config> {
  const loaded = loadConfig(file, process.env)
  if (loaded.faults !== undefined) return loaded
  const [first, before] = [loaded.value.destinations[0]?.id, config.destinations[0]?.id]
  const problem = `expected ${showValue(before)}, to which tenants go that name none, got ${showValue(first)}: another one is the first from the next start on`
  const moved: readonly Fault[] = first === before ? [] : [{ file, key: 'destinations.0.id', problem }]
  const faults = [...moved, ...findTlsFaults(loaded.value, file)]
  return faults.length === 0 ? loaded : { faults }
}

function listOtherKeys(now: Config, before: Config): readonly string[] {
  return Object.keys(now).filter(
    key => !FOLLOWED.has(key) && !isDeepStrictEqual(now[key as keyof Config], before[key as keyof Config]),
  )
}

/** A changed profile is used without a restart; a broken one is told, and the one before stays. */
function watchProfiles(plan: Plan, parts: WatchedParts, log: Logger): FileWatch<Plan['profiles']> {
  return new FileWatch({
    paths: plan.config.profiles,
    load: () => loadProfilesAgain(plan, parts),
    use: async profiles => {
      const changes = findMeaningChanges(parts.inUse.files, profiles)
      parts.inUse.useFiles(profiles)
      await useEverywhere({ ...parts, log })
      log.info({ profiles: profiles.size, msg: 'changed profiles are in use' })
      for (const change of changes) log.warn({ change, msg: 'an attribute means something else than before' })
      return []
    },
    onFaults: tellFaults('a changed profile is not used', log),
  })
}

/** The same with the provisioning file, unless it would take away what is still in use. */
function watchProvision(plan: Plan, { provisioning, inUse }: WatchedParts, log: Logger) {
  const file = plan.config.provision
  return new FileWatch({
    paths: [file],
    load: async () => {
      const destinations = provisioning.destinations.filter(({ source }) => source === 'file')
      return loadProvisionFile(plan, inUse.files, destinations)
    },
    use: async entries => {
      const answer = await provisioning.useFile(entries, PROVISION_KINDS, toActor(file))
      return tellUsed(answer, 'a changed provisioning file is in use', log)
    },
    onFaults: tellFaults('a changed provisioning file is not used', log),
  })
}

function toActor(file: string): Actor {
  return { name: file, role: 'admin', from: 'file' }
}

/** Gives why it is not. */
function tellUsed(answer: ChangeAnswer, msg: string, log: Logger): readonly Fault[] {
  if (answer.refusals !== undefined) return answer.refusals.flatMap(({ faults }) => faults)
  log.info({ changes: answer.changes.length, msg })
  return []
}

function tellFaults(msg: string, log: Logger) {
  return (faults: readonly Fault[]) => {
    for (const fault of faults) log.error({ fault: formatFault(fault), msg })
  }
}
