/** `tromost forget`: removes what is stored of a device, and says what stays where. */
import { z } from 'zod'
import { type AgentAddress, askAgent } from './agent-client.ts'

export interface ForgetOptions extends AgentAddress {
  readonly device: boolean
  readonly dryRun: boolean
  readonly json: boolean
}

const reportSchema = z.object({
  dryRun: z.boolean(),
  removed: z.record(z.string(), z.number()),
  stays: z.array(z.object({ what: z.string(), why: z.string() })),
})

export async function runForget(
  { tenant, device }: { readonly tenant: string; readonly device: string },
  options: ForgetOptions,
): Promise<void> {
  const report = await askAgent(options, {
    ...{ method: 'delete', path: `devices/${encodeURIComponent(tenant)}/${encodeURIComponent(device)}/data` },
    query: { dryRun: String(options.dryRun), device: String(options.device) },
    schema: reportSchema,
  })
  if (report === undefined) return
  if (options.json) {
    console.log(JSON.stringify(report))
    return
  }
  const parts = Object.entries(report.removed).flatMap(([what, count]) =>
    count > 0 ? [`${count} ${what}`] : [],
  )
  const removed = parts.length === 0 ? 'nothing' : parts.join(', ')
  console.log(`${removed} ${report.dryRun ? 'would be removed' : 'removed'}`)
  for (const { what, why } of report.stays) console.log(`stays: ${what}: ${why}`)
}
