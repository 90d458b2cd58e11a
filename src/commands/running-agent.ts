/** Opens all parts of an agent in the order of the flow, and closes them in the same order. */
import type { Logger } from 'pino'
import { BalanceWatch } from '../admin/balance.ts'
import { openHttp } from '../admin/http.ts'
import { Metrics } from '../admin/metrics.ts'
import { takeIn } from '../agent.ts'
import { HostedContexts } from '../context/hosted.ts'
import { Draining } from '../draining/draining.ts'
import type { BridgeReport } from '../ingest/bridges/bridge.ts'
import type { IngestObserver } from '../ingest/observer.ts'
import { type Job, startJobs } from '../jobs/jobs.ts'
import { Journal } from '../journal/journal.ts'
import { openLmdbEngine } from '../journal/lmdb-engine.ts'
import { createJobs, watchProfiles } from './agent-jobs.ts'
import { createSources } from './agent-sources.ts'
import { claimDataFolder } from './data-folder.ts'
import { endIfBroken } from './journal-health.ts'
import { openAccess } from './open-access.ts'
import { createDrainPlan, getJournalOptions, getStorage } from './part-options.ts'
import type { Plan } from './plan.ts'
import { createTraceSources } from './trace-sources.ts'

export interface RunningAgent {
  readonly mqtt: readonly { readonly kind: string; readonly host: string; readonly port: number }[]
  readonly measures: { readonly host: string; readonly port: number } | undefined
  readonly http: { readonly host: string; readonly port: number }
  /** No new connections, the journal flushed, requests under way finished or given up. */
  stop(): Promise<void>
}

/** How long a stop waits for the destinations. */
const STOP_GRACE_MS = 8_000

export async function startAgent(plan: Plan, log: Logger): Promise<RunningAgent> {
  const { config, registry, credentials, key } = plan
  const opened: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const close of opened.splice(0)) await close()
  }
  try {
    opened.unshift(await claimDataFolder(config.dataDir))
    const engine = openLmdbEngine(getStorage(config))
    const draining = await Draining.start(createDrainPlan(plan), log)
    opened.unshift(
      () => draining.close(STOP_GRACE_MS),
      () => engine.close(),
    )
    const journal = await Journal.open(engine, getJournalOptions(plan, log), (tenant, next) =>
      draining.announce(tenant, next),
    )
    opened.unshift(() => journal.close())
    const metrics = new Metrics()
    const observer = createObserver(metrics.observer, log)
    const onBridge = (report: BridgeReport) => logBridge(report, log)
    const ways = await takeIn(journal, { ...config, registry, credentials, key, observer, onBridge })
    draining.onCommand = ways.send
    opened.unshift(() => ways.close())
    const balance = new BalanceWatch(log)
    const contexts = new HostedContexts(config.vocabulary)
    contexts.use(plan.profiles)
    const traces = createTraceSources(plan, { engine, draining, getProfiles: () => contexts.profiles })
    const parts = { engine, draining, journal, metrics, contexts, balance, ways }
    const { access, ...told } = await openAccess(plan, engine, log)
    const sources = { ...traces, ...createSources(parts), ...told }
    const http = await openHttp({ ...config.http, access, sources })
    opened.unshift(() => http.close())
    const watch = watchProfiles(plan, { draining, contexts }, log)
    const health: Job = {
      name: 'journal health',
      schedule: '* * * * * *',
      run: () => endIfBroken(engine, log),
    }
    const jobs = startJobs([health, ...createJobs({ journal, draining, balance }, watch)], (job, error) =>
      log.error({ job, error, msg: 'a job failed' }),
    )
    opened.unshift(() => jobs.close())
    return { mqtt: ways.listeners, measures: ways.measures, http, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function logBridge({ id, tenant, url, isConnected, trouble }: BridgeReport, log: Logger): void {
  const place = { bridge: id, tenant, url }
  if (trouble === undefined) log.info({ ...place, msg: 'the bridge is connected' })
  else if (isConnected)
    log.warn({ ...place, trouble, msg: 'the bridge is connected, but not as it should be' })
  else log.warn({ ...place, trouble, msg: 'the bridge is not connected; it tries again' })
}

function createObserver(metrics: IngestObserver, log: Logger): IngestObserver {
  return {
    ...metrics,
    refused: (code, detail) => {
      metrics.refused(code, detail)
      log.warn({ code, detail, msg: 'refused' })
    },
  }
}
