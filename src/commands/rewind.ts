/** `tromost rewind`: settled messages that are still in the journal are sent again. */
import { z } from 'zod'
import { type AgentAddress, askAgent } from './agent-client.ts'

export interface RewindOptions extends AgentAddress {
  readonly to: string
  readonly dryRun: boolean
  readonly json: boolean
}

const rewindSchema = z.object({
  dryRun: z.boolean(),
  finished: z.boolean(),
  position: z.number(),
  from: z.string().optional(),
  messages: z.number(),
  quarantined: z.number(),
})

export async function runRewind(
  { tenant, destination }: { readonly tenant: string; readonly destination: string },
  { to, dryRun, json, ...address }: RewindOptions,
): Promise<void> {
  const report = await askAgent(address, {
    method: 'post',
    path: `lanes/${encodeURIComponent(tenant)}/${encodeURIComponent(destination)}/rewind`,
    query: { dryRun: String(dryRun) },
    body: { to },
    schema: rewindSchema,
  })
  if (report === undefined) return
  if (json) console.log(JSON.stringify(report))
  else print(report)
}

function print({ dryRun, finished, from, messages, quarantined }: z.output<typeof rewindSchema>): void {
  if (messages === 0) {
    console.log('nothing that was settled since then is in the journal')
    return
  }
  const verb = dryRun ? 'would be' : 'are'
  const ofQuarantine = quarantined > 0 ? `, ${quarantined} of them out of the quarantine` : ''
  console.log(`${messages} messages ${verb} sent again, from ${from}${ofQuarantine}`)
  if (!finished) console.log('the lane goes back once its last requests have ended')
}
