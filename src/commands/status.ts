/** `tromost status`: lanes, backlog and troubles of a running agent. */
import axios from 'axios'
import { z } from 'zod'
import { getMessage } from '../errors.ts'
import { HIGH_SHARE } from '../journal/fill-alarm.ts'

const NOT_REACHABLE = 3

const usageSchema = z.object({ bytes: z.number(), maxBytes: z.number() })

const statusSchema = z.object({
  version: z.string(),
  startedAt: z.string(),
  alarms: z.array(z.object({ code: z.string(), detail: z.string(), since: z.string() })),
  lanes: z.array(
    z.object({
      tenant: z.string(),
      destination: z.string(),
      waiting: z.number(),
      requestsInFlight: z.number(),
      trouble: z.string().optional(),
      broker: z.object({ name: z.string(), version: z.string().optional() }).optional(),
      alarm: z.string().optional(),
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

export interface StatusOptions {
  readonly url: string
  readonly token?: string | undefined
  readonly json: boolean
}

export async function runStatus({ url, token, json }: StatusOptions): Promise<void> {
  try {
    const { data } = await axios.get<unknown>(`${url}/api/v1/status`, {
      timeout: 10_000,
      maxRedirects: 0,
      proxy: false,
      headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    })
    print(statusSchema.parse(data), json)
  } catch (error) {
    process.exitCode = NOT_REACHABLE
    console.error(`AGENT_UNREACHABLE: ${url}: ${getMessage(error)}`)
  }
}

function print(status: z.output<typeof statusSchema>, json: boolean): void {
  if (json) {
    console.log(JSON.stringify(status))
    return
  }
  console.log(`tromost ${status.version}, running since ${status.startedAt}`)
  for (const { code, detail, since } of status.alarms) console.log(`ALARM since ${since}: ${code}: ${detail}`)
  for (const { id, tenant, isConnected, trouble, acknowledged } of status.bridges) {
    const state = isConnected ? 'connected' : 'not connected'
    const suffix = trouble === undefined ? '' : `; ${trouble}`
    console.log(`bridge ${id} → ${tenant}: ${state}, ${acknowledged} acknowledged${suffix}`)
  }
  for (const { tenant, destination, waiting, trouble, alarm, broker } of status.lanes) {
    const what = broker === undefined ? '' : ` (${[broker.name, broker.version].filter(Boolean).join(' ')})`
    const why = [alarm && `ALARM ${alarm}`, trouble].filter(part => part !== undefined).join(': ')
    console.log(`${tenant} → ${destination}${what}: ${waiting} waiting${why === '' ? '' : `; ${why}`}`)
  }
  const { tenants, ...all } = status.journal
  printFill('journal', all)
  for (const { tenant, ...usage } of tenants) printFill(`journal of ${tenant}`, usage)
}

/** Only what somebody should look at. */
function printFill(name: string, { bytes, maxBytes }: z.output<typeof usageSchema>): void {
  const share = bytes / maxBytes
  if (share < HIGH_SHARE) return
  console.log(`${name}: ${Math.floor(share * 100)} % of ${Math.round(maxBytes / 1024 ** 2)} MiB`)
}
