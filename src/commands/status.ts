/** `tromost status`: lanes, backlog, rates and troubles of a running agent. */
import { z } from 'zod'
import { HIGH_SHARE } from '../journal/fill-alarm.ts'
import { type AgentAddress, askAgent } from './agent-client.ts'

const usageSchema = z.object({ bytes: z.number(), maxBytes: z.number() })

const statusSchema = z.object({
  version: z.string(),
  startedAt: z.string(),
  alarms: z.array(
    z.object({
      kind: z.string(),
      tenant: z.string().optional(),
      subject: z.string(),
      severity: z.string(),
      message: z.string(),
      since: z.string(),
    }),
  ),
  lanes: z.array(
    z.object({
      tenant: z.string(),
      destination: z.string(),
      waiting: z.number(),
      receivedPerMinute: z.number().optional(),
      deliveredPerMinute: z.number().optional(),
      requestsInFlight: z.number(),
      trouble: z.string().optional(),
      broker: z.object({ name: z.string(), version: z.string().optional() }).optional(),
      attributesLate: z.number().default(0),
      doubtfulTimes: z.number().default(0),
      alarm: z.string().optional(),
      quarantine: usageSchema.optional(),
      alarms: z.array(z.object({ code: z.string(), messages: z.number(), since: z.string() })).default([]),
    }),
  ),
  bridges: z
    .array(
      z.object({
        id: z.string(),
        tenant: z.string(),
        url: z.string(),
        isConnected: z.boolean(),
        trouble: z.string().optional(),
        acknowledged: z.number(),
      }),
    )
    .default([]),
  journal: usageSchema.extend({ tenants: z.array(usageSchema.extend({ tenant: z.string() })) }),
})

export interface StatusOptions extends AgentAddress {
  readonly json: boolean
}

export async function runStatus({ url, token, json }: StatusOptions): Promise<void> {
  const status = await askAgent({ url, token }, { method: 'get', path: 'status', schema: statusSchema })
  if (status !== undefined) print(status, json)
}

function print(status: Status, json: boolean): void {
  if (json) {
    console.log(JSON.stringify(status))
    return
  }
  console.log(`tromost ${status.version}, running since ${status.startedAt}`)
  status.alarms.forEach(printAlarm)
  for (const { id, tenant, isConnected, trouble, acknowledged } of status.bridges) {
    const state = isConnected ? 'connected' : 'not connected'
    const suffix = trouble === undefined ? '' : `; ${trouble}`
    console.log(`bridge ${id} → ${tenant}: ${state}, ${acknowledged} acknowledged${suffix}`)
  }
  status.lanes.forEach(printLane)
  const { tenants, ...all } = status.journal
  printFill('journal', all)
  for (const { tenant, ...usage } of tenants) printFill(`journal of ${tenant}`, usage)
}

function printAlarm({ kind, tenant, subject, severity, message, since }: Status['alarms'][number]): void {
  const place = [kind, tenant, subject].filter(Boolean).join(' ')
  console.log(`ALARM (${severity}) since ${since}: ${place}: ${message}`)
}

type Status = z.output<typeof statusSchema>
type LaneStatus = Status['lanes'][number]

function printLane({ tenant, destination, alarms, broker, quarantine, ...lane }: LaneStatus): void {
  const { waiting, receivedPerMinute, deliveredPerMinute, attributesLate, doubtfulTimes, trouble, alarm } =
    lane
  const what = broker === undefined ? '' : ` (${[broker.name, broker.version].filter(Boolean).join(' ')})`
  const facts = [
    `${waiting} waiting`,
    receivedPerMinute !== undefined && `${receivedPerMinute} a minute received`,
    deliveredPerMinute !== undefined && `${deliveredPerMinute} delivered`,
    attributesLate > 0 && `${attributesLate} values came late`,
    doubtfulTimes > 0 && `${doubtfulTimes} messages had a time that was not believed`,
    [alarm && `ALARM ${alarm}`, trouble].filter(part => part !== undefined).join(': '),
  ]
  console.log(`${tenant} → ${destination}${what}: ${facts.filter(Boolean).join('; ')}`)
  for (const { code, messages, since } of alarms)
    console.log(`  ${messages} in quarantine since ${since}: ${code}`)
  if (quarantine !== undefined) printFill('  quarantine', quarantine)
}

/** Only what somebody should look at. */
function printFill(name: string, { bytes, maxBytes }: z.output<typeof usageSchema>): void {
  const share = bytes / maxBytes
  if (share < HIGH_SHARE) return
  console.log(`${name}: ${Math.floor(share * 100)} % of ${Math.round(maxBytes / 1024 ** 2)} MiB`)
}
