/** Opens all parts of an agent in the order of the flow, and closes them in the same order. */
import type { Logger } from 'pino'
import { BalanceWatch } from '../admin/balance.ts'
import { openHttp } from '../admin/http.ts'
import { LaneRates } from '../admin/lane-rates.ts'
import { Metrics } from '../admin/metrics.ts'
import { takeIn } from '../agent.ts'
import type { Watchdogs } from '../alarms/watchdogs.ts'
import { HostedContexts } from '../context/hosted.ts'
import { Draining } from '../draining/draining.ts'
import { Egress } from '../egress/egress.ts'
import { toEgressPlan } from '../egress/named-addresses.ts'
import type { BridgeReport } from '../ingest/bridges/bridge.ts'
import type { IngestObserver } from '../ingest/observer.ts'
import { startJobs } from '../jobs/jobs.ts'
import { endProcess } from '../journal/end-process.ts'
import { Journal } from '../journal/journal.ts'
import { openLmdbEngine } from '../journal/lmdb-engine.ts'
import { DEVICE_STATUS } from '../profiles/device-status.ts'
import { createJobs } from './agent-jobs.ts'
import { createSources } from './agent-sources.ts'
import { claimDataFolder } from './data-folder.ts'
import { openDevices } from './device-sources.ts'
import { createFileWatches } from './file-watches.ts'
import { LiveChanges } from './live-changes.ts'
import { openAccess } from './open-access.ts'
import { openProvisioning } from './open-provisioning.ts'
import { createDrainPlan, getJournalOptions, getStorage } from './part-options.ts'
import type { Plan } from './plan.ts'
import { createProfilesInUse, withProfiles } from './profiles-live.ts'
import { RefusalLog } from './refusal-log.ts'
import { openWatchdogs } from './watchdogs.ts'

export interface RunningAgent {
  readonly mqtt: readonly { readonly kind: string; readonly host: string; readonly port: number }[]
  readonly measures: { readonly host: string; readonly port: number } | undefined
  readonly http: { readonly host: string; readonly port: number }
  /** Whether anybody may log in. */
  readonly hasLogins: boolean
  /** No new connections, the journal flushed, requests under way finished or given up. */
  stop(): Promise<void>
}

/** How long a stop waits for the destinations. */
const STOP_GRACE_MS = 8_000

export async function startAgent(plan: Plan, log: Logger): Promise<RunningAgent> {
  const { config, key } = plan
  const opened: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const close of opened.splice(0)) await close()
  }
  try {
    opened.unshift(await claimDataFolder(config.dataDir))
    const engine = openLmdbEngine(getStorage(config), endProcess)
    const metrics = new Metrics()
    const egress = openEgress(config, metrics.observer)
    const { access, ...told } = await openAccess(plan, engine, { log, egress })
    const contexts = new HostedContexts(config.vocabulary, [DEVICE_STATUS])
    const inUse = createProfilesInUse(plan.profiles, engine, log)
    const { provisioning, indexes, getDestinations } = await openProvisioning(
      plan,
      { engine, egress, audit: told.audit },
      inUse,
    )
    contexts.use(inUse.list())
    const { registry, credentials } = indexes
    const getProvisioned = () => ({
      ...{ registry: registry.data, destinations: getDestinations() },
      ...{ profiles: inUse.list(), shadows: inUse.shadows },
    })
    const draining = await Draining.start(createDrainPlan(plan, getProvisioned()), log, getProvisioned)
    opened.unshift(
      () => draining.close(STOP_GRACE_MS),
      () => engine.close(),
    )
    const journal = await Journal.open(engine, getJournalOptions(plan, registry, log), (tenant, next) =>
      draining.announce(tenant, next),
    )
    opened.unshift(() => journal.close())
    const asked = { registry, getDestinations, inUse }
    const watchdogs = await openWatchdogs(plan, { engine, log, journal, egress, ...asked })
    opened.unshift(() => watchdogs.close())
    const refusals = new RefusalLog(log)
    opened.unshift(async () => refusals.close())
    const observer = createObserver(metrics.observer, watchdogs, refusals)
    const onBridge = (report: BridgeReport) => logBridge(report, log)
    const ways = await takeIn(journal, { ...config, registry, credentials, key, egress, observer, onBridge })
    draining.onCommand = ways.send
    opened.unshift(() => ways.close())
    const balance = new BalanceWatch(log)
    const rates = new LaneRates()
    const live = new LiveChanges({ indexes, bridges: config.bridges, draining, journal, ways, log })
    provisioning.live = withProfiles(live, { inUse, draining, contexts, log })
    const stages = { engine, egress, draining, journal, metrics, contexts }
    const parts = { ...stages, ...asked, balance, rates, ways, provisioning, live, watchdogs }
    const devices = await openDevices({ ...parts, audit: told.audit }, log)
    opened.unshift(() => devices.close())
    const sources = createSources(plan, parts, told, devices)
    const http = await openHttp({ ...config.http, access, key, sources })
    opened.unshift(() => http.close())
    const looks = createJobs({ ...parts, devices }, createFileWatches(plan, parts, log))
    const jobs = startJobs(looks, (job, error) => log.error({ job, error, msg: 'a job failed' }))
    opened.unshift(() => jobs.close())
    const hasLogins = !credentials.isEmpty
    return { mqtt: ways.listeners, measures: ways.measures, http, hasLogins, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What it does not let out is told by the log of whoever wanted out; here it is counted. */
function openEgress(config: Plan['config'], { refused }: Pick<IngestObserver, 'refused'>): Egress {
  return new Egress(toEgressPlan(config), detail => refused('ADDRESS_CLOSED', detail))
}

function logBridge({ id, tenant, url, isConnected, trouble }: BridgeReport, log: Logger): void {
  const place = { bridge: id, tenant, url }
  if (trouble === undefined) log.info({ ...place, msg: 'the bridge is connected' })
  else if (isConnected)
    log.warn({ ...place, trouble, msg: 'the bridge is connected, but not as it should be' })
  else log.warn({ ...place, trouble, msg: 'the bridge is not connected; it tries again' })
}

function createObserver(
  metrics: Metrics['observer'],
  { devices }: Watchdogs,
  log: RefusalLog,
): IngestObserver {
  return {
    ...metrics,
    heard: message => devices.hear(message),
    refused: (code, detail, source) => {
      metrics.refused(code, detail)
      log.add(code, detail, source)
    },
  }
}
