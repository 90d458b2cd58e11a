/** What a running agent looks at again and again. */
import type { Logger } from 'pino'
import { type Fault, formatFault } from '../document.ts'
import { FileWatch } from '../file-watch.ts'
import type { Job } from '../jobs/jobs.ts'
import { findMeaningChanges } from '../profiles/meaning-changes.ts'
import type { Entry } from '../provisioning/entry.ts'
import type { Parts } from './agent-sources.ts'
import type { OpenedDevices } from './device-sources.ts'
import { loadProfilesAgain, loadProvisionFile, type Plan } from './plan.ts'
import { useEverywhere } from './profiles-live.ts'

/** A changed profile is used without a restart; a broken one is told, and the one before stays. */
function watchProfiles(
  plan: Plan,
  parts: Pick<Parts, 'draining' | 'contexts' | 'registry' | 'inUse' | 'provisioning'>,
  log: Logger,
): FileWatch<Plan['profiles']> {
  return new FileWatch({
    paths: plan.config.profiles,
    load: () => loadProfilesAgain(plan, parts),
    use: async profiles => {
      const changes = findMeaningChanges(parts.inUse.files, profiles)
      parts.inUse.useFiles(profiles)
      await useEverywhere({ ...parts, log })
      log.info({ profiles: profiles.size, msg: 'changed profiles are in use' })
      for (const change of changes) log.warn({ change, msg: 'an attribute means something else than before' })
    },
    onFaults: faults => {
      for (const fault of faults)
        log.error({ fault: formatFault(fault), msg: 'a changed profile is not used' })
    },
  })
}

/** The same with the provisioning file, unless it would take away what is still in use. */
function watchProvision(
  plan: Plan,
  { provisioning, inUse }: Pick<Parts, 'provisioning' | 'inUse'>,
  log: Logger,
): FileWatch<readonly Entry[]> {
  const file = plan.config.provision
  const onFaults = (faults: readonly Fault[]) => {
    for (const fault of faults)
      log.error({ fault: formatFault(fault), msg: 'a changed provisioning file is not used' })
  }
  return new FileWatch({
    paths: [file],
    load: async () => loadProvisionFile(plan, inUse.files),
    use: async entries => {
      const answer = await provisioning.useFile(entries, { name: file, role: 'admin', from: 'file' })
      if (answer.refusals === undefined)
        log.info({ changes: answer.changes.length, msg: 'a changed provisioning file is in use' })
      else onFaults(answer.refusals.flatMap(({ faults }) => faults))
    },
    onFaults,
  })
}

export function createWatches(plan: Plan, parts: Parts, log: Logger): Watches {
  return { profiles: watchProfiles(plan, parts, log), provision: watchProvision(plan, parts, log) }
}

interface Watches {
  readonly profiles: FileWatch<Plan['profiles']>
  readonly provision: FileWatch<readonly Entry[]>
}

export function createJobs(
  { journal, draining, balance, ways, live, watchdogs, devices }: Parts & { readonly devices: OpenedDevices },
  { profiles, provision }: Watches,
): readonly Job[] {
  const getLanes = () => draining.ask('getLanes')
  return [
    { name: 'changed profiles', schedule: '* * * * * *', run: () => profiles.look() },
    { name: 'changed provisioning file', schedule: '* * * * * *', run: () => provision.look() },
    { name: 'old passwords', schedule: '* * * * * *', run: async () => live.endGraces() },
    {
      name: 'balance',
      schedule: '*/10 * * * * *',
      run: async () => balance.look(await getLanes()),
    },
    devices.job,
    { name: 'journal retention', schedule: '* * * * *', run: () => journal.expire() },
    { name: 'quarantine retention', schedule: '30 3 * * *', run: () => draining.ask('expireQuarantine') },
    ...watchdogs.createJobs({
      ...{ getLanes, getBroken: () => balance.alarms },
      takeBatteries: () => draining.ask('takeBatteries'),
      getBridges: () => ways.getBridges(),
      getJournalUsage: () => journal.getUsage(),
    }),
  ]
}
