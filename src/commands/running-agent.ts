/** Opens all parts of an agent in the order of the flow, and closes them in the same order. */
import { statfsSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { type AdminToken, loadAdminToken } from '../admin/access.ts'
import { type HttpOptions, openHttp } from '../admin/http.ts'
import { Metrics } from '../admin/metrics.ts'
import { takeIn } from '../agent.ts'
import type { Config } from '../config/config.ts'
import { formatFault } from '../document.ts'
import { Draining, type DrainPlan } from '../draining/draining.ts'
import type { IngestObserver } from '../ingest/observer.ts'
import { type Job, startJobs } from '../jobs/jobs.ts'
import type { Engine } from '../journal/engine.ts'
import { Journal, type JournalOptions } from '../journal/journal.ts'
import { type LmdbOptions, openLmdbEngine } from '../journal/lmdb-engine.ts'
import { getQuarantined } from '../journal/quarantine.ts'
import { listMeant } from '../journal/quarantine-filter.ts'
import { findMeaningChanges } from '../profiles/meaning-changes.ts'
import { ProfileWatch } from '../profiles/watch.ts'
import { claimDataFolder } from './data-folder.ts'
import { loadProfilesAgain, type Plan } from './plan.ts'
import { getVersion } from './version.ts'

export interface RunningAgent {
  readonly mqtt: readonly { readonly kind: string; readonly host: string; readonly port: number }[]
  readonly http: { readonly host: string; readonly port: number }
  /** No new connections, the journal flushed, requests under way finished or given up. */
  stop(): Promise<void>
}

/** How long a stop waits for the destinations. */
const STOP_GRACE_MS = 8_000

export async function startAgent(plan: Plan, log: Logger): Promise<RunningAgent> {
  const { config, registry, credentials } = plan
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
    const journal = await Journal.open(engine, getJournalOptions(plan), (tenant, next) =>
      draining.announce(tenant, next),
    )
    opened.unshift(() => journal.close())
    const metrics = new Metrics()
    const observer = createObserver(metrics.observer, log)
    const ingest = await takeIn(journal, { mqtt: config.mqtt, registry, credentials, observer })
    draining.onPublish = ingest.publish
    opened.unshift(() => ingest.close())
    const sources = createSources({ engine, draining, journal, metrics })
    const http = await openHttp({ ...config.http, token: loadToken(plan, log), sources })
    opened.unshift(() => http.close())
    const watch = watchProfiles(plan, draining, log)
    const jobs = startJobs(createJobs(journal, draining, watch), (job, error) =>
      log.error({ job, error, msg: 'a job failed' }),
    )
    opened.unshift(() => jobs.close())
    return { mqtt: ingest.listeners, http, stop }
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
}

function getStorage({ dataDir, journal: { durability, maxBytes } }: Config): LmdbOptions {
  return { folder: join(dataDir, 'journal'), durability, maxBytes }
}

function createDrainPlan({ config, registry, profiles }: Plan): DrainPlan {
  return {
    journal: getStorage(config),
    quarantine: config.quarantine,
    destinations: config.destinations,
    registry: registry.data,
    profiles: [...profiles.values()],
    validation: { mode: config.validate, folder: config.schemas },
  }
}

function getJournalOptions({ config: { dataDir, journal }, registry }: Plan): JournalOptions {
  const lanes = registry.tenants.flatMap(({ id, destinations }) =>
    destinations.map(destination => ({ tenant: id, destination })),
  )
  const isDiskFull = () => {
    const { bavail, bsize } = statfsSync(dataDir)
    return bavail * bsize < journal.diskReserve
  }
  return {
    maxBytes: journal.maxBytes,
    retentionMs: journal.retention,
    onFull: journal.onFull,
    lanes,
    isDiskFull,
  }
}

function createSources({ engine, draining, journal, metrics }: Parts): HttpOptions['sources'] {
  const getLanes = () => draining.ask('getLanes')
  return {
    version: getVersion(),
    startedAt: new Date(),
    getLanes,
    listEntities: query => draining.ask('listEntities', query),
    listQuarantine: query => listMeant(engine, query),
    getQuarantined: place => getQuarantined(engine, place),
    replayQuarantine: order => draining.ask('replayQuarantine', order),
    discardQuarantine: order => draining.ask('discardQuarantine', order),
    // What is to be sent again must not leave the journal meanwhile.
    rewindLane: order => journal.hold(() => draining.ask('rewindLane', order)),
    renderMetrics: () =>
      metrics.render({
        getLanes,
        getDrainMetrics: () => draining.ask('getMetrics'),
        getJournalBytes: () => journal.getBytes(),
      }),
  }
}

/** A changed profile is used without a restart; a broken one is told, and the one before stays. */
function watchProfiles(plan: Plan, draining: Draining, log: Logger): ProfileWatch {
  let inUse = plan.profiles
  return new ProfileWatch({
    folders: plan.config.profiles,
    load: () => loadProfilesAgain(plan),
    use: async profiles => {
      await draining.useProfiles([...profiles.values()])
      log.info({ profiles: profiles.size, msg: 'changed profiles are in use' })
      for (const change of findMeaningChanges(inUse, profiles))
        log.warn({ change, msg: 'an attribute means something else than before' })
      inUse = profiles
    },
    onFaults: faults => {
      for (const fault of faults)
        log.error({ fault: formatFault(fault), msg: 'a changed profile is not used' })
    },
  })
}

function createJobs(journal: Journal, draining: Draining, profiles: ProfileWatch): readonly Job[] {
  return [
    { name: 'changed profiles', schedule: '* * * * * *', run: () => profiles.look() },
    { name: 'journal retention', schedule: '* * * * *', run: () => journal.expire() },
    { name: 'quarantine retention', schedule: '30 3 * * *', run: () => draining.ask('expireQuarantine') },
  ]
}

function loadToken({ config, key }: Plan, log: Logger): AdminToken {
  const token = loadAdminToken(config.dataDir, key)
  if (token.fresh !== undefined) log.warn({ token: token.fresh, msg: 'administrator token, shown this once' })
  return token
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
