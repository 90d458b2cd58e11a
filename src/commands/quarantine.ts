/** `tromost quarantine …`: what is in quarantine, sent once more or thrown away. */
import { z } from 'zod'
import { type AgentAddress, askAgent } from './agent-client.ts'
import { FAULTS_FOUND } from './report-error.ts'

export interface QuarantineOptions extends AgentAddress {
  readonly tenant?: string
  readonly destination?: string
  readonly reason?: string
  readonly device?: string
  readonly json: boolean
}

export interface ChangeOptions extends QuarantineOptions {
  readonly olderThan?: string
  readonly all?: boolean
  readonly dryRun: boolean
}

const entrySchema = z.object({
  id: z.string(),
  code: z.string(),
  detail: z.string(),
  device: z.string(),
  topic: z.string(),
  receivedAt: z.string(),
  quarantinedAt: z.string(),
  messages: z.number(),
  payload: z.string(),
})
const pageSchema = z.object({ entries: z.array(entrySchema), next: z.string().optional() })

const countsSchema = z.record(z.string(), z.number())
const replaySchema = z.object({
  dryRun: z.boolean(),
  finished: z.boolean(),
  outcomes: countsSchema,
  refusals: countsSchema,
  entries: z.array(
    z.object({
      id: z.string(),
      outcome: z.string(),
      code: z.string().optional(),
      detail: z.string().optional(),
      entities: z.array(z.looseObject({ id: z.string(), type: z.string() })).optional(),
    }),
  ),
})
const discardSchema = z.object({ dryRun: z.boolean(), messages: z.number() })

type Entry = z.output<typeof entrySchema>

export async function runQuarantineList(
  options: QuarantineOptions & { readonly limit: number },
): Promise<void> {
  const query = { ...toFilter(options), limit: String(options.limit) }
  const page = await askAgent(options, { method: 'get', path: 'quarantine', query, schema: pageSchema })
  if (page === undefined) return
  if (options.json) console.log(JSON.stringify(page))
  else printPage(page)
}

export async function runQuarantineShow(
  id: string,
  options: Omit<QuarantineOptions, 'tenant'>,
): Promise<void> {
  const path = `quarantine/${encodeURIComponent(id)}`
  const entry = await askAgent(options, { method: 'get', path, schema: entrySchema })
  if (entry === undefined) return
  if (options.json) console.log(JSON.stringify(entry))
  else printEntry(entry)
}

export async function runQuarantineReplay(ids: readonly string[], options: ChangeOptions): Promise<void> {
  const report = await askAgent(options, {
    ...{ method: 'post', path: 'quarantine/replay', query: { dryRun: String(options.dryRun) } },
    body: toMeant(ids, options),
    schema: replaySchema,
  })
  if (report === undefined) return
  if (Object.keys(report.refusals).length > 0) process.exitCode = FAULTS_FOUND
  if (options.json) console.log(JSON.stringify(report))
  else printReplay(report)
}

export async function runQuarantineDiscard(ids: readonly string[], options: ChangeOptions): Promise<void> {
  const report = await askAgent(options, {
    ...{ method: 'post', path: 'quarantine/discard', query: { dryRun: String(options.dryRun) } },
    body: toMeant(ids, options),
    schema: discardSchema,
  })
  if (report === undefined) return
  if (options.json) console.log(JSON.stringify(report))
  else console.log(`${countMessages(report.messages)} ${report.dryRun ? 'would be ' : ''}discarded`)
}

/** What was given, and nothing else. */
function toFilter({ tenant, destination, reason, device }: QuarantineOptions) {
  return {
    ...(tenant !== undefined && { tenant }),
    ...(destination !== undefined && { destination }),
    ...(reason !== undefined && { reason }),
    ...(device !== undefined && { device }),
  }
}

function toMeant(ids: readonly string[], options: ChangeOptions) {
  const { olderThan, all } = options
  return {
    ...toFilter(options),
    ...(ids.length > 0 && { ids }),
    ...(olderThan !== undefined && { olderThan }),
    ...(all === true && { all }),
  }
}

function printPage({ entries, next }: z.output<typeof pageSchema>): void {
  for (const { id, quarantinedAt, code, detail, device, topic } of entries) {
    console.log(`${id}  ${quarantinedAt}  ${code}  ${device || topic}  ${detail}`)
  }
  if (entries.length === 0) console.log('the quarantine is empty')
  if (next !== undefined) console.log('there may be more: --limit shows more of them')
}

function printEntry({ payload, messages, ...entry }: Entry): void {
  for (const [name, value] of Object.entries(entry)) console.log(`${name}: ${value}`)
  if (messages > 1) console.log(`messages: ${messages}`)
  const bytes = Buffer.from(payload, 'base64')
  console.log(`payload (${bytes.length} bytes): ${bytes.toString('hex')}`)
  const text = bytes.toString()
  if (/^[\t\n\r\x20-\x7e\u00a0-\ufffc]*$/.test(text)) console.log(`as text: ${text}`)
}

function printReplay({ dryRun, finished, outcomes, refusals, entries }: z.output<typeof replaySchema>): void {
  for (const { id, outcome, code, detail, entities = [] } of entries) {
    console.log(`${id}: ${code === undefined ? toWords(outcome, dryRun) : `stays: ${code}: ${detail}`}`)
    for (const entity of entities) console.log(`  ${JSON.stringify(entity)}`)
  }
  const { quarantined = 0, ...others } = outcomes
  const gone = Object.entries(others).map(([outcome, count]) => `${count} ${toWords(outcome, dryRun)}`)
  const reasons = Object.entries(refusals).map(([code, count]) => `${count} ${code}`)
  const stay = quarantined > 0 ? [`${quarantined} stay in quarantine (${reasons.join(', ')})`] : []
  const summary = [...gone, ...stay]
  if (finished) console.log(summary.length === 0 ? 'nothing in quarantine is meant' : summary.join(', '))
  else console.log(['under way; it goes on in the agent', ...summary].join(', '))
}

function toWords(outcome: string, dryRun: boolean): string {
  if (!dryRun) return outcome
  return outcome === 'delivered' ? 'would be sent' : `would be ${outcome}`
}

function countMessages(count: number): string {
  return count === 1 ? '1 message' : `${count} messages`
}
