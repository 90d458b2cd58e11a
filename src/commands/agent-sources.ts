/** What the HTTP port tells and orders, from the parts of a running agent. */

import type { AdminSources } from '../admin/admin-sources.ts'
import type { BalanceWatch } from '../admin/balance.ts'
import type { ForgetSources } from '../admin/forget-routes.ts'
import type { LaneRates } from '../admin/lane-rates.ts'
import type { MessageSources } from '../admin/message-routes.ts'
import type { Metrics } from '../admin/metrics.ts'
import type { ProfileSources } from '../admin/profile-answers.ts'
import type { TransferSources } from '../admin/transfer-routes.ts'
import type { TrialSources } from '../admin/trial-routes.ts'
import type { Watchdogs } from '../alarms/watchdogs.ts'
import type { HostedContexts } from '../context/hosted.ts'
import type { Egress } from '../egress/egress.ts'
import type { WaysIn } from '../ingest/ways-in.ts'
import type { Journal } from '../journal/journal.ts'
import { getQuarantined } from '../journal/quarantine.ts'
import { listMeant } from '../journal/quarantine-filter.ts'
import type { Provisioning } from '../provisioning/live-provisioning.ts'
import { DraftJobs } from '../trace/draft-jobs.ts'
import type { OpenedDevices } from './device-sources.ts'
import type { LiveChanges } from './live-changes.ts'
import type { OpenedAccess } from './open-access.ts'
import type { Plan } from './plan.ts'
import { createProfileSources } from './profile-sources.ts'
import { createTraceSources, type TraceParts } from './trace-sources.ts'
import { createTransferSources } from './transfer-sources.ts'
import { getVersion } from './version.ts'
import { createAlarmSources } from './watchdogs.ts'

export interface Parts extends TraceParts {
  readonly journal: Journal
  readonly egress: Egress
  readonly metrics: Metrics
  readonly contexts: HostedContexts
  readonly balance: BalanceWatch
  readonly rates: LaneRates
  readonly ways: WaysIn
  readonly provisioning: Provisioning
  readonly live: LiveChanges
  readonly watchdogs: Watchdogs
}

export function createSources(
  plan: Plan,
  parts: Parts,
  access: Omit<OpenedAccess, 'access'>,
  { sources }: OpenedDevices,
): Omit<AdminSources, 'access'> {
  const drafts = new DraftJobs()
  const profiles = createProfileSources(plan, { ...parts, drafts })
  const { versions } = profiles
  // Not by spreading: what changes is asked for each time.
  return Object.assign(
    createTraceSources(plan, parts),
    createPartSources(parts),
    profiles,
    createTrialSources(plan, parts, drafts),
    createTransferSources(plan, { ...parts, versions }, access.audit),
    access,
    sources,
  )
}

function createTrialSources(
  { config }: Plan,
  { inUse, getDestinations }: Parts,
  drafts: DraftJobs,
): TrialSources {
  return {
    findProfile: (id, tenant) => inUse.of(tenant ?? '').get(id),
    findDestination: id => getDestinations().find(destination => (id ?? destination.id) === destination.id),
    publicUrl: config.http.publicUrl,
    runDraftJob: job => drafts.run(job),
  }
}

function createPartSources({
  rates,
  engine,
  draining,
  journal,
  metrics,
  contexts,
  ways,
  watchdogs,
  provisioning,
}: Parts): Omit<
  AdminSources,
  | keyof MessageSources
  | keyof TrialSources
  | keyof ProfileSources
  | keyof TransferSources
  | keyof ForgetSources
  | keyof OpenedAccess
  | keyof OpenedDevices['sources']
> {
  const getLanes = () => draining.ask('getLanes')
  const getBridges = () => ways.getBridges()
  const getJournalUsage = () => journal.getUsage()
  return {
    version: getVersion(),
    provisioning,
    startedAt: new Date(),
    getLanes,
    getRate: lane => rates.get(lane),
    getBridges,
    getJournalUsage,
    listEntities: query => draining.ask('listEntities', query),
    ...createAlarmSources(watchdogs),
    getContext: path => contexts.get(path),
    listQuarantine: async query => {
      // While the thread starts again, what it had not saved is not in quarantine either.
      await draining.ask('saveLane', query).catch(() => undefined)
      return listMeant(engine, query)
    },
    getQuarantined: place => getQuarantined(engine, place),
    replayQuarantine: order => draining.ask('replayQuarantine', order),
    discardQuarantine: order => draining.ask('discardQuarantine', order),
    // What is to be sent again must not leave the journal meanwhile.
    rewindLane: order => journal.hold(() => draining.ask('rewindLane', order)),
    renderMetrics: () =>
      metrics.render({
        getLanes,
        getBridges,
        getDrainMetrics: () => draining.ask('getMetrics'),
        getJournalUsage,
        getWatched: () => watchdogs.figures,
      }),
  }
}
