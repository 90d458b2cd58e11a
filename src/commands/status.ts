/** `tromost status`: lanes, backlog and troubles of a running agent. */
import { z } from 'zod'
import { type AgentAddress, askAgent } from './agent-client.ts'

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
      alarm: z.string().optional(),
      alarms: z.array(z.object({ code: z.string(), messages: z.number(), since: z.string() })).default([]),
    }),
  ),
})

export interface StatusOptions extends AgentAddress {
  readonly json: boolean
}

export async function runStatus({ url, token, json }: StatusOptions): Promise<void> {
  const status = await askAgent({ url, token }, { method: 'get', path: 'status', schema: statusSchema })
  if (status !== undefined) print(status, json)
}

function print(status: z.output<typeof statusSchema>, json: boolean): void {
  if (json) {
    console.log(JSON.stringify(status))
    return
  }
  console.log(`tromost ${status.version}, running since ${status.startedAt}`)
  for (const { tenant, destination, waiting, trouble, alarm, alarms } of status.lanes) {
    const why = [alarm && `ALARM ${alarm}`, trouble].filter(part => part !== undefined).join(': ')
    console.log(`${tenant} → ${destination}: ${waiting} waiting${why === '' ? '' : `; ${why}`}`)
    for (const { code, messages, since } of alarms)
      console.log(`  ${messages} in quarantine since ${since}: ${code}`)
  }
}
