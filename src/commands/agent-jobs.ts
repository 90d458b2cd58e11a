/** What a running agent looks at again and again. */
import { lookAtAll } from '../file-watch.ts'
import type { Job } from '../jobs/jobs.ts'
import type { Parts } from './agent-sources.ts'
import type { OpenedDevices } from './device-sources.ts'
import type { FileWatches } from './file-watches.ts'

export function createJobs(
  {
    journal,
    draining,
    balance,
    rates,
    ways,
    live,
    watchdogs,
    devices,
  }: Parts & { readonly devices: OpenedDevices },
  files: FileWatches,
): readonly Job[] {
  const getLanes = () => draining.ask('getLanes')
  return [
    { name: 'changed files', schedule: '* * * * * *', run: () => lookAtAll(files) },
    { name: 'old passwords', schedule: '* * * * * *', run: async () => live.endGraces() },
    {
      name: 'balance',
      schedule: '*/10 * * * * *',
      run: async () => {
        const lanes = await getLanes()
        rates.look(lanes)
        balance.look(lanes)
      },
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
