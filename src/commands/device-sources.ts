/** Files of devices and devices that nobody knows, from the parts of a running agent. */
import type { Logger } from 'pino'
import type { DeviceFileSources } from '../admin/device-file-routes.ts'
import type { OnboardingSources } from '../admin/onboarding-routes.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { ExportedDevice } from '../bulk/export-devices.ts'
import { ImportJobs } from '../bulk/import-jobs.ts'
import { createImportRecords, loadImportRecords } from '../bulk/import-records.ts'
import { compileDecoder } from '../decode/decode.ts'
import { EdgeNodes } from '../decode/sparkplug/edge-nodes.ts'
import type { Draining } from '../draining/draining.ts'
import { toKnownBirth } from '../draining/lane-profiles.ts'
import type { QuarantineOrder } from '../draining/replays.ts'
import type { Job } from '../jobs/jobs.ts'
import { loadBirths } from '../journal/births.ts'
import type { Engine } from '../journal/engine.ts'
import { Onboarding } from '../onboarding/onboarding.ts'
import type { OpenDecoder } from '../onboarding/rank-profiles.ts'
import type { ProfilesInUse } from '../profile-versions/profiles-in-use.ts'
import type { Provisioning } from '../provisioning/live-provisioning.ts'

export interface DeviceParts {
  readonly engine: Engine
  readonly draining: Draining
  readonly provisioning: Provisioning
  readonly audit: AuditLog
  readonly inUse: ProfilesInUse
}

export interface OpenedDevices {
  readonly sources: DeviceFileSources & OnboardingSources
  readonly job: Job
  close(): Promise<void>
}

export async function openDevices(parts: DeviceParts, log: Logger): Promise<OpenedDevices> {
  const { engine, provisioning, inUse, audit } = parts
  const onboarding = await Onboarding.open({
    ...{ engine, getProfiles: tenant => inUse.offer(tenant), store: provisioning },
    openStateful: createOpenStateful(engine),
    ...createLaneOrders(parts),
    commit: (event, changes) => audit.commit([event], changes),
    onFailed: (error, tenant) => log.error({ error, tenant, msg: 'held messages could not be sent' }),
  })
  const imports = new ImportJobs({
    store: provisioning,
    getProfileIds: tenant => new Set(inUse.offer(tenant).keys()),
    onDevices: async (tenant, ids) => void (await onboarding.deliver(tenant, ids)),
    records: createImportRecords(engine),
    known: await loadImportRecords(engine),
    onNotSaved: error => log.error({ error, msg: 'the progress of an import could not be saved' }),
    onEnd: ({ lines: _lines, ...job }) => log.info({ job, msg: 'an import of devices has ended' }),
  })
  return {
    job: { name: 'ignored devices', schedule: '30 * * * * *', run: () => onboarding.discardIgnored() },
    sources: {
      ...{ imports, onboarding },
      hasTenant: id => provisioning.get({ kind: 'tenant', id }) !== undefined,
      listDevices: tenant => () => listDevices(provisioning, tenant),
    },
    close: async () => {
      await imports.close()
      await onboarding.close()
    },
  }
}

function createLaneOrders({ draining }: DeviceParts) {
  return {
    // Where nothing is held, nothing is looked through.
    findLanes: async (tenant: string) => {
      const lanes = await draining.ask('getLanes')
      return lanes.filter(
        lane => lane.tenant === tenant && lane.alarms.some(({ code }) => code === 'DEVICE_UNKNOWN'),
      )
    },
    replay: (order: QuarantineOrder) => draining.ask('replayQuarantine', order),
    discard: (order: QuarantineOrder) => draining.ask('discardQuarantine', order),
  }
}

/** Data of Sparkplug B means what the birth before it says. */
function createOpenStateful(engine: Engine): OpenDecoder {
  return async (profile, tenant, position) => {
    const births = await loadBirths(engine, tenant, position)
    return compileDecoder(profile, new EdgeNodes({ births: births.map(toKnownBirth) }))
  }
}

function* listDevices(provisioning: Provisioning, tenant: string): Iterable<ExportedDevice> {
  for (const entry of provisioning.entries()) {
    if (entry.kind === 'device' && entry.tenant === tenant) yield entry.value as ExportedDevice
  }
}
