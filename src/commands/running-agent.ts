/** Opens all parts of an agent in the order of the flow, and closes them in the same order. */
import { join } from 'node:path'
import type { Logger } from 'pino'
import { type AdminToken, loadAdminToken } from '../admin/access.ts'
import { BalanceWatch } from '../admin/balance.ts'
import { type HttpOptions, openHttp } from '../admin/http.ts'
import type { MessageSources } from '../admin/message-routes.ts'
import { Metrics } from '../admin/metrics.ts'
import { takeIn } from '../agent.ts'
import type { Config } from '../config/config.ts'
import { HostedContexts } from '../context/hosted.ts'
import { formatFault } from '../document.ts'
import { Draining } from '../draining/draining.ts'
import type { DrainPlan } from '../draining/protocol.ts'
import type { BridgeReport } from '../ingest/bridges/bridge.ts'
import type { IngestObserver } from '../ingest/observer.ts'
import type { WaysIn } from '../ingest/ways-in.ts'
import { type Job, startJobs } from '../jobs/jobs.ts'
import { getFreeBytes } from '../journal/disk.ts'
import { endProcess } from '../journal/end-process.ts'
import type { Engine } from '../journal/engine.ts'
import type { Fill } from '../journal/fill-alarm.ts'
import { Journal, type JournalOptions } from '../journal/journal.ts'
import { type LmdbOptions, openLmdbEngine } from '../journal/lmdb-engine.ts'
import { getQuarantined } from '../journal/quarantine.ts'
import { listMeant } from '../journal/quarantine-filter.ts'
import { findMeaningChanges } from '../profiles/meaning-changes.ts'
import { ProfileWatch } from '../profiles/watch.ts'
import { claimDataFolder } from './data-folder.ts'
import { loadProfilesAgain, type Plan } from './plan.ts'
import { createTraceSources } from './trace-sources.ts'
import { getVersion } from './version.ts'

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
    const engine = openLmdbEngine(getStorage(config), endProcess)
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
    const sources = { ...traces, ...createSources(parts) }
    const http = await openHttp({ ...config.http, token: loadToken(plan, log), sources })
    opened.unshift(() => http.close())
    const watch = watchProfiles(plan, { draining, contexts }, log)
    const jobs = startJobs(createJobs({ journal, draining, balance }, watch), (job, error) =>
      log.error({ job, error, msg: 'a job failed' }),
    )
    opened.unshift(() => jobs.close())
    return { mqtt: ways.listeners, measures: ways.measures, http, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Parts {
  readonly engine: Engine
  readonly draining: Draining
  readonly journal: Journal
  readonly metrics: Metrics
  readonly contexts: HostedContexts
  readonly balance: BalanceWatch
  readonly ways: WaysIn
}

function getStorage({ dataDir, journal: { durability, maxBytes }, quarantine }: Config): LmdbOptions {
  return { folder: join(dataDir, 'journal'), durability, maxBytes: maxBytes + quarantine.maxBytes }
}

function createDrainPlan({ config, registry, profiles }: Plan): DrainPlan {
  return {
    journal: getStorage(config),
    quarantine: config.quarantine,
    destinations: config.destinations,
    publicUrl: config.http.publicUrl,
    registry: registry.data,
    profiles: [...profiles.values()],
    validation: { mode: config.validate, folder: config.schemas },
    tail: [],
  }
}

function getJournalOptions({ config: { dataDir, journal }, registry }: Plan, log: Logger): JournalOptions {
  const lanes = registry.tenants.flatMap(({ id, destinations }) =>
    destinations.map(destination => ({ tenant: id, destination: destination.id })),
  )
  const isDiskFull = () => getFreeBytes(dataDir) < journal.diskReserve
  return {
    maxBytes: journal.maxBytes,
    getTenantMaxBytes: tenant => registry.getTenant(tenant)?.journal?.maxBytes ?? journal.maxBytesPerTenant,
    retentionMs: journal.retention,
    onFull: journal.onFull,
    lanes,
    isDiskFull,
    patienceMs: journal.patience,
    onFill: fill => reportFill(log, fill),
  }
}

function createSources({
  engine,
  draining,
  journal,
  metrics,
  contexts,
  balance,
  ways,
}: Parts): Omit<HttpOptions['sources'], keyof MessageSources> {
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

function reportFill(log: Logger, { isHigh, ...fill }: Fill): void {
  if (isHigh) log.warn({ ...fill, msg: 'the journal is nearly full' })
  else log.info({ ...fill, msg: 'the journal has room again' })
}

/** A changed profile is used without a restart; a broken one is told, and the one before stays. */
function watchProfiles(
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

function createJobs(
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

function loadToken({ config, key }: Plan, log: Logger): AdminToken {
  const token = loadAdminToken(config.dataDir, key)
  if (token.fresh !== undefined) log.warn({ token: token.fresh, msg: 'administrator token, shown this once' })
  return token
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
