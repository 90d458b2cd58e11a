/** Alarms, those that stand and those that have ended; and how devices are: last heard, silent, battery. Read only. */
import { z } from 'zod'
import { ALARM_KINDS, type Alarm, describeAlarm, SEVERITIES } from '../alarms/alarm.ts'
import type { AlarmQuery } from '../alarms/alarms.ts'
import {
  DEVICE_STATES,
  type DevicePage,
  type DeviceQuery,
  type DeviceStatus,
} from '../alarms/device-states.ts'
import { showValue } from '../document.ts'
import type { Api } from './api.ts'
import { OPEN_ON_LOOPBACK, type SourcesOf } from './guard.ts'
import { timeSchema } from './lane-answers.ts'
import { type Cursors, nextSchema, pageQuery } from './paging.ts'
import { ProblemError } from './problem.ts'

export interface AlarmSources {
  /** Those that stand. */
  getAlarms(): readonly Alarm[]
  listAlarms(query: AlarmQuery): readonly Alarm[]
  listDeviceStates(query: DeviceQuery): DevicePage
  getDeviceState(tenant: string, id: string): DeviceStatus | undefined
}

const ALARMS = '/api/v1/alarms'
const DEVICES = '/api/v1/devices/status'

const alarmQuery = z.strictObject({
  ...pageQuery,
  tenant: z.string().optional(),
  kind: z.enum(ALARM_KINDS).optional(),
  state: z.enum(['open', 'ended']).optional(),
})

const deviceQuery = z.strictObject({
  ...pageQuery,
  tenant: z.string().optional(),
  state: z.enum(DEVICE_STATES).optional(),
  lowBattery: z.enum(['true', 'false']).optional(),
})

export const alarmSchema = z
  .object({
    id: z.int().describe('Rises with each alarm.'),
    kind: z.enum(ALARM_KINDS),
    tenant: z.string().optional().describe('Absent where it is about the whole agent.'),
    subject: z.string().describe('The device, the destination and so on.'),
    severity: z.enum(SEVERITIES),
    message: z.string(),
    code: z.string().optional().describe('docs/errors.md has the remedy.'),
    since: timeSchema,
    until: timeSchema.optional().describe('Absent while it stands.'),
  })
  .meta({ id: 'alarm' })

const deviceSchema = z
  .object({
    tenant: z.string(),
    id: z.string(),
    profile: z.string(),
    state: z.enum(DEVICE_STATES),
    lastHeardAt: timeSchema.optional().describe('Absent where it was never heard.'),
    knownSince: timeSchema,
    intervalSeconds: z.number().optional().describe('Of its profile.'),
    battery: z
      .object({ percent: z.number(), at: timeSchema, isLow: z.boolean() })
      .optional()
      .describe('Absent where nothing is known of it.'),
  })
  .meta({ id: 'deviceStatus' })

const position = z.int().min(0)

export function addAlarmRoutes(api: Api, sourcesOf: SourcesOf<AlarmSources>, cursors: Cursors): void {
  const describe = { summary: 'Alarms, newest first', tags: ['alarms'] }
  const alarms = { 200: z.object({ alarms: z.array(alarmSchema), next: nextSchema }) }
  api.get(
    ALARMS,
    { ...OPEN_ON_LOOPBACK, schema: { ...describe, querystring: alarmQuery, response: alarms } },
    async request => {
      const { query } = request
      const { limit, tenant, kind, state } = query
      const before = cursors.read(ALARMS, query, position)
      // One more than is asked for tells that there is one more.
      const found = sourcesOf(request).listAlarms({ tenant, kind, state, before, limit: limit + 1 })
      const page = found.slice(0, limit)
      const last = found.length > limit ? page.at(-1) : undefined
      return {
        alarms: page.map(describeAlarm),
        ...(last !== undefined && { next: cursors.make(ALARMS, query, last.id) }),
      }
    },
  )
  addDeviceRoutes(api, sourcesOf, cursors)
}

function addDeviceRoutes(api: Api, sourcesOf: SourcesOf<AlarmSources>, cursors: Cursors): void {
  const tags = ['devices']
  const devices = { 200: z.object({ devices: z.array(deviceSchema), next: nextSchema }) }
  const list = { summary: 'How devices are', tags, querystring: deviceQuery, response: devices }
  api.get(DEVICES, { ...OPEN_ON_LOOPBACK, schema: list }, async request => {
    const { query } = request
    const { limit, tenant, state } = query
    const lowBattery = query.lowBattery === undefined ? undefined : query.lowBattery === 'true'
    const after = cursors.read(DEVICES, query, position)
    const page = sourcesOf(request).listDeviceStates({ tenant, state, lowBattery, after, limit })
    return {
      devices: page.devices.map(describeDevice),
      ...(page.last !== undefined && { next: cursors.make(DEVICES, query, page.last) }),
    }
  })

  const params = z.object({ tenant: z.string(), id: z.string() })
  const one = { summary: 'How one device is', tags, params, response: { 200: deviceSchema } }
  api.get('/api/v1/devices/:tenant/:id/status', { ...OPEN_ON_LOOPBACK, schema: one }, async request => {
    const { tenant, id } = request.params
    const status = sourcesOf(request).getDeviceState(tenant, id)
    if (status !== undefined) return describeDevice(status)
    const detail = `expected a device of tenant ${showValue(tenant)}, got ${showValue(id)}, which is not there`
    throw new ProblemError({ status: 404, title: 'Device not found', detail, code: 'DEVICE_UNKNOWN' })
  })
}

/** Times as text, and the interval in seconds. */
function describeDevice({ lastHeardAt, knownSince, interval, battery, ...status }: DeviceStatus) {
  const toText = (time: number) => new Date(time).toISOString()
  return {
    ...status,
    ...(lastHeardAt !== undefined && { lastHeardAt: toText(lastHeardAt) }),
    knownSince: toText(knownSince),
    ...(interval !== undefined && { intervalSeconds: interval / 1_000 }),
    ...(battery !== undefined && { battery: { ...battery, at: toText(battery.at) } }),
  }
}
