/** The watchdogs of a running agent: what they are told of its plan. */
import type { AlarmSources } from '../admin/alarm-routes.ts'
import type { AlarmLog } from '../alarms/alarms.ts'
import { createPostWebhook } from '../alarms/post-webhook.ts'
import { Watchdogs } from '../alarms/watchdogs.ts'
import type { Egress } from '../egress/egress.ts'
import type { Journal } from '../journal/journal.ts'
import type { Device } from '../reading.ts'
import { listExpiries } from './expiries.ts'
import { isDiskFull } from './part-options.ts'
import type { Plan } from './plan.ts'
import type { TraceParts } from './trace-sources.ts'

export function openWatchdogs(
  { config }: Plan,
  parts: Omit<TraceParts, 'draining'> & {
    readonly log: AlarmLog
    readonly journal: Journal
    readonly egress: Egress
  },
): Promise<Watchdogs> {
  const { engine, log, journal, egress, registry, inUse, getDestinations } = parts
  return Watchdogs.open({
    ...{ engine, log, config: config.alarms, post: createPostWebhook(egress) },
    devices: {
      tenants: registry.tenants.map(({ id }) => id),
      getRevision: () => registry.revision,
      listDevices: () => registry.data.devices,
      getInterval: device => findInterval(device, { registry, inUse }),
      findImplied: message => registry.resolve(message.tenant, message.topic).device,
    },
    status: {
      store: (message, done) => journal.append(message, done),
      getTenants: () =>
        new Set(registry.tenants.filter(({ deviceStatus }) => deviceStatus).map(({ id }) => id)),
    },
    isDiskFull: () => isDiskFull(config),
    listExpiries: () => listExpiries(config, getDestinations()),
  })
}

/**
 * How often the device is to be heard, in milliseconds: of one that is pinned to a version, that of the version; of one that is only
 * implied, that of its profile.
 */
export function findInterval(
  device: Pick<Device, 'tenant' | 'id' | 'profile'>,
  { registry, inUse }: Pick<TraceParts, 'registry' | 'inUse'>,
): number | undefined {
  const profileVersion = registry.getDevice(device.tenant, device.id)?.profileVersion
  return inUse.find({ ...device, profileVersion })?.interval
}

export function createAlarmSources({ alarms, devices }: Watchdogs): AlarmSources {
  return {
    getAlarms: () => alarms.standing,
    listAlarms: query => alarms.list(query),
    listDeviceStates: query => devices.states.list(query),
    getDeviceState: (tenant, id) => devices.states.find(tenant, id),
  }
}
