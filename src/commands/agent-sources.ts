/** What the HTTP port tells and orders, from the parts of a running agent. */

import type { AdminSources } from '../admin/admin-sources.ts'
import type { BalanceWatch } from '../admin/balance.ts'
import type { MessageSources } from '../admin/message-routes.ts'
import type { Metrics } from '../admin/metrics.ts'
import type { HostedContexts } from '../context/hosted.ts'
import type { Draining } from '../draining/draining.ts'
import type { WaysIn } from '../ingest/ways-in.ts'
import type { Engine } from '../journal/engine.ts'
import type { Journal } from '../journal/journal.ts'
import { getQuarantined } from '../journal/quarantine.ts'
import { listMeant } from '../journal/quarantine-filter.ts'
import type { OpenedAccess } from './open-access.ts'
import { getVersion } from './version.ts'

export interface Parts {
  readonly engine: Engine
  readonly draining: Draining
  readonly journal: Journal
  readonly metrics: Metrics
  readonly contexts: HostedContexts
  readonly balance: BalanceWatch
  readonly ways: WaysIn
}

export function createSources({
  engine,
  draining,
  journal,
  metrics,
  contexts,
  balance,
  ways,
}: Parts): Omit<AdminSources, keyof MessageSources | keyof OpenedAccess> {
  const getLanes = () => draining.ask('getLanes')
  const getBridges = () => ways.getBridges()
  const getJournalUsage = () => journal.getUsage()
  return {
    version: getVersion(),
    startedAt: new Date(),
    getLanes,
    getBridges,
    getJournalUsage,
    listEntities: query => draining.ask('listEntities', query),
    getAlarms: () => balance.alarms,
    getContext: path => contexts.get(path),
    listQuarantine: query => listMeant(engine, query),
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
      }),
  }
}
