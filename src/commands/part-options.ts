/** What each part of an agent is opened with, from the plan. */
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import type { DrainPlan } from '../draining/protocol.ts'
import { toEgressPlan } from '../egress/named-addresses.ts'
import { getFreeBytes } from '../journal/disk.ts'
import type { Fill } from '../journal/fill-alarm.ts'
import type { JournalOptions } from '../journal/journal.ts'
import type { LmdbOptions } from '../journal/lmdb-engine.ts'
import type { LanePlace } from '../journal/retention.ts'
import type { Registry } from '../registry/registry.ts'
import type { Plan } from './plan.ts'

type Provisioned = Pick<DrainPlan, 'registry' | 'destinations' | 'profiles' | 'shadows'>

export function getStorage({ dataDir, journal: { durability, maxBytes }, quarantine }: Config): LmdbOptions {
  return { folder: join(dataDir, 'journal'), durability, maxBytes: maxBytes + quarantine.maxBytes }
}

export function createDrainPlan({ config }: Plan, provisioned: Provisioned): DrainPlan {
  return {
    journal: getStorage(config),
    quarantine: config.quarantine,
    ...provisioned,
    publicUrl: config.http.publicUrl,
    validation: { mode: config.validate, folder: config.schemas },
    egress: toEgressPlan(config),
    tail: [],
  }
}

/** Less room is left on the disk than is kept free. */
export function isDiskFull({ dataDir, journal }: Config): boolean {
  return getFreeBytes(dataDir) < journal.diskReserve
}

export function getJournalOptions({ config }: Plan, registry: Registry, log: Logger): JournalOptions {
  const { journal } = config
  return {
    maxBytes: journal.maxBytes,
    getTenantMaxBytes: tenant => registry.getTenant(tenant)?.journal?.maxBytes ?? journal.maxBytesPerTenant,
    retentionMs: journal.retention,
    onFull: journal.onFull,
    lanes: listLanePlaces(registry),
    isDiskFull: () => isDiskFull(config),
    patienceMs: journal.patience,
    onFill: fill => reportFill(log, fill),
  }
}

/** Whoever reads the messages of a tenant. */
export function listLanePlaces({ tenants }: Registry): readonly LanePlace[] {
  return tenants.flatMap(({ id, destinations }) =>
    destinations.map(destination => ({ tenant: id, destination: destination.id })),
  )
}

function reportFill(log: Logger, { isHigh, ...fill }: Fill): void {
  if (isHigh) log.warn({ ...fill, msg: 'the journal is nearly full' })
  else log.info({ ...fill, msg: 'the journal has room again' })
}
