/** `tromost status`: lanes, backlog and troubles of a running agent. */
import axios from 'axios'
import { z } from 'zod'
import { getMessage } from '../errors.ts'

const NOT_REACHABLE = 3

const statusSchema = z.object({
  version: z.string(),
  startedAt: z.string(),
  lanes: z.array(
    z.object({
      tenant: z.string(),
      destination: z.string(),
      waiting: z.number(),
      requestsInFlight: z.number(),
      trouble: z.string().optional(),
      attributesLate: z.number().default(0),
      doubtfulTimes: z.number().default(0),
      alarm: z.string().optional(),
    }),
  ),
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
  for (const { tenant, destination, waiting, trouble, alarm, ...counts } of status.lanes) {
    const why = [alarm && `ALARM ${alarm}`, trouble].filter(part => part !== undefined).join(': ')
    const facts = [
      `${waiting} waiting`,
      counts.attributesLate > 0 && `${counts.attributesLate} values came late`,
      counts.doubtfulTimes > 0 && `${counts.doubtfulTimes} messages had a time that was not believed`,
      why,
    ]
    console.log(`${tenant} → ${destination}: ${facts.filter(Boolean).join('; ')}`)
  }
}
