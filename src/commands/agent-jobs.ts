/** What a running agent looks at again and again. */
import type { Logger } from 'pino'
import { formatFault } from '../document.ts'
import type { Job } from '../jobs/jobs.ts'
import { findMeaningChanges } from '../profiles/meaning-changes.ts'
import { ProfileWatch } from '../profiles/watch.ts'
import type { Parts } from './agent-sources.ts'
import { loadProfilesAgain, type Plan } from './plan.ts'

/** A changed profile is used without a restart; a broken one is told, and the one before stays. */
export function watchProfiles(
  plan: Plan,
  { draining, contexts }: Pick<Parts, 'draining' | 'contexts'>,
  log: Logger,
): ProfileWatch {
  return new ProfileWatch({
    folders: plan.config.profiles,
    load: () => loadProfilesAgain(plan),
    use: async profiles => {
      const changes = findMeaningChanges(contexts.profiles, profiles)
      await draining.useProfiles([...profiles.values()])
      contexts.use(profiles)
      log.info({ profiles: profiles.size, msg: 'changed profiles are in use' })
      for (const change of changes) log.warn({ change, msg: 'an attribute means something else than before' })
    },
    onFaults: faults => {
      for (const fault of faults)
        log.error({ fault: formatFault(fault), msg: 'a changed profile is not used' })
    },
  })
}

export function createJobs(
  { journal, draining, balance }: Pick<Parts, 'journal' | 'draining' | 'balance'>,
  profiles: ProfileWatch,
): readonly Job[] {
  return [
    { name: 'changed profiles', schedule: '* * * * * *', run: () => profiles.look() },
    {
      name: 'balance',
      schedule: '*/10 * * * * *',
      run: async () => balance.look(await draining.ask('getLanes')),
    },
    { name: 'journal retention', schedule: '* * * * *', run: () => journal.expire() },
    { name: 'quarantine retention', schedule: '30 3 * * *', run: () => draining.ask('expireQuarantine') },
  ]
}
