/** Municipalities that come and go, and devices that are forgotten, from the parts of a running agent. */
import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import type { ForgetSources } from '../admin/forget-routes.ts'
import type { TransferSources } from '../admin/transfer-routes.ts'
import type { Watchdogs } from '../alarms/watchdogs.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { forgetDevice } from '../forgetting/forget-device.ts'
import type { WaysIn } from '../ingest/ways-in.ts'
import type { Journal } from '../journal/journal.ts'
import { compileIdentities } from '../map/identity.ts'
import type { ProfileVersions } from '../profile-versions/profile-versions.ts'
import type { Provisioning } from '../provisioning/live-provisioning.ts'
import type { Kind } from '../provisioning/provisioning.ts'
import type { ExportSources } from '../transfer/export-tenant.ts'
import { Transfer } from '../transfer/transfer.ts'
import { isDiskFull } from './part-options.ts'
import type { Plan } from './plan.ts'
import type { TraceParts } from './trace-sources.ts'
import { createProfileTransfer } from './transfer-profiles.ts'
import { getVersion } from './version.ts'

export interface TransferParts extends TraceParts {
  readonly journal: Journal
  readonly provisioning: Provisioning
  readonly ways: WaysIn
  readonly watchdogs: Watchdogs
  readonly versions: Pick<ProfileVersions, 'create'>
}

const STATES_AT_ONCE = 1_000

export function createTransferSources(
  plan: Plan,
  parts: TransferParts,
  audit: AuditLog,
): TransferSources & ForgetSources {
  const { config } = plan
  const { engine, registry, provisioning, journal, ways } = parts
  const { readProfiles, ...profiles } = createProfileTransfer(plan, parts)
  const change = provisioning.change.bind(provisioning)
  const listDestinations = (tenant: string) => registry.getTenant(tenant)?.destinations ?? []
  const transfer = new Transfer({
    audit,
    spool: { folder: join(config.dataDir, 'import'), isDiskFull: () => isDiskFull(config) },
    exported: { ...createExportSources(plan, parts, audit), listDestinations, readProfiles },
    entries: { ...profiles, change, getProvisioned: place => provisioning.get(place) },
    messages: {
      ...{ engine, listDestinations },
      append: (message, done, beside) => journal.append(message, done, beside),
      keepRetained: (tenant, message) => ways.retained.keep(tenant, message),
      isOfTenant: (tenant, topic) => registry.resolve(tenant, topic).device !== undefined,
    },
  })
  return { transfer, forgetDevice: order => forgetDevice(order, createForgetSources(parts, audit)) }
}

function createExportSources(
  { key }: Plan,
  { engine, provisioning, watchdogs, ways }: TransferParts,
  audit: AuditLog,
): Omit<ExportSources, 'listDestinations' | 'readProfiles'> {
  // Names the data folder without saying anything of its key.
  const instance = createHmac('sha256', key).update('instance').digest('hex').slice(0, 32)
  return {
    agent: { version: getVersion(), instance },
    engine,
    getEntry: place => provisioning.getEntry(place),
    listEntries: (kind: Kind, tenant: string) => provisioning.listEntries(kind, tenant),
    *listStates(tenant) {
      let after: number | undefined
      do {
        const page = watchdogs.devices.states.list({ tenant, after, limit: STATES_AT_ONCE })
        yield* page.devices
        after = page.last
      } while (after !== undefined)
    },
    listAlarms: tenant => watchdogs.alarms.list({ tenant, limit: Number.POSITIVE_INFINITY }),
    readAudit: tenant => audit.read({ tenant }),
    listRetained: tenant => ways.retained.list(tenant),
  }
}

function createForgetSources(parts: TransferParts, audit: AuditLog): Parameters<typeof forgetDevice>[1] {
  const { draining, journal, provisioning, watchdogs, ways } = parts
  return {
    audit,
    getDevice: (tenant, id) => provisioning.get({ kind: 'device', tenant, id }),
    findEntities: (tenant, id) => findEntities(tenant, id, parts),
    change: provisioning.change.bind(provisioning),
    // No record leaves the journal while it is written anew.
    forgetRecords: order => journal.hold(() => draining.ask('forgetDevice', order)),
    forgetHeard: (tenant, id, dryRun) => watchdogs.devices.forget(tenant, id, dryRun),
    listRetained: tenant => ways.retained.list(tenant),
    forgetRetained: (tenant, topic) => ways.retained.forget(tenant, topic),
  }
}

/** Of a device that is not provisioned, by the profile that it was heard with. */
function findEntities(tenant: string, id: string, { registry, watchdogs, inUse }: TransferParts) {
  const heard = watchdogs.devices.states.find(tenant, id)
  const implied = heard && { tenant, id, profile: heard.profile, attributes: {} }
  const device = registry.getDevice(tenant, id) ?? implied
  const { entities = [] } = (device && inUse.find(device)) ?? {}
  return {
    ids: device === undefined ? [] : compileIdentities(entities)(device).map(entity => entity.id),
    attributes: entities.flatMap(({ attributes }) => Object.keys(attributes)),
  }
}
