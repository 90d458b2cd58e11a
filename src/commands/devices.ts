/** `tromost devices …`: files of devices into a running agent, and all devices of a tenant out of it. */
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { getMessage } from '../errors.ts'
import { type AgentAddress, askAgent } from './agent-client.ts'
import { FAULTS_FOUND, WRONG_USE } from './report-error.ts'

export interface ImportOptions extends AgentAddress {
  readonly tenant: string
  readonly profile?: string
  readonly dryRun: boolean
  readonly json: boolean
}

export interface ExportOptions extends AgentAddress {
  readonly tenant: string
  readonly format: 'csv' | 'json'
}

const VERDICTS = ['created', 'updated', 'unchanged', 'refused'] as const
const FILE_BYTES_MAX = 16 * 1024 * 1024
const LINES_AT_ONCE = 1_000
const LOOK_MS = 250

const jobSchema = z.object({
  id: z.string(),
  dryRun: z.boolean(),
  state: z.enum(['running', 'finished', 'failed', 'interrupted']),
  problem: z.string().optional(),
  counts: z.object({ created: z.int(), updated: z.int(), unchanged: z.int(), refused: z.int() }),
  warnings: z.array(z.string()),
})
const linesSchema = jobSchema.extend({
  lines: z.array(
    z.object({
      line: z.int(),
      id: z.string().optional(),
      verdict: z.enum(VERDICTS),
      problem: z.string().optional(),
    }),
  ),
  next: z.string().optional(),
})

type Job = z.output<typeof jobSchema>
type Line = z.output<typeof linesSchema>['lines'][number]

export async function runDevicesImport(file: string, options: ImportOptions): Promise<void> {
  const bytes = readFile(file)
  if (bytes === undefined) return
  const { tenant, profile, dryRun, json } = options
  const started = await askAgent(options, {
    ...{ method: 'post', path: 'devices/import', body: bytes, type: 'application/octet-stream' },
    query: { tenant, dryRun: String(dryRun), ...(profile !== undefined && { profile }) },
    schema: jobSchema,
  })
  const job = started && (await waitForEnd(started, options))
  if (job === undefined) return
  const lines = await readLines(job.id, options, json ? {} : { verdict: 'refused' })
  if (lines === undefined) return
  if (job.state !== 'finished' || job.counts.refused > 0) process.exitCode = FAULTS_FOUND
  if (json) console.log(JSON.stringify({ ...job, lines }))
  else print(job, lines)
}

export async function runDevicesExport(options: ExportOptions): Promise<void> {
  const { tenant, format } = options
  const text = await askAgent(options, {
    ...{ method: 'get', path: 'devices/export', query: { tenant, format }, isText: true },
    schema: z.string(),
  })
  if (text !== undefined) process.stdout.write(text)
}

function readFile(file: string): Buffer | undefined {
  try {
    const bytes = readFileSync(file === '-' ? 0 : file)
    if (bytes.length <= FILE_BYTES_MAX) return bytes
    console.error(`${file}: expected at most ${FILE_BYTES_MAX} bytes, got ${bytes.length}: split the file`)
  } catch (error) {
    console.error(`${file}: ${getMessage(error)}`)
  }
  process.exitCode = WRONG_USE
  return undefined
}

/** Tells the progress on a terminal. */
async function waitForEnd(started: Job, address: AgentAddress): Promise<Job | undefined> {
  let job: Job | undefined = started
  while (job?.state === 'running') {
    await delay(LOOK_MS)
    job = await askAgent(address, {
      ...{ method: 'get', path: `devices/import/${started.id}`, query: { limit: '1' } },
      schema: jobSchema,
    })
    const rows = Object.values(job?.counts ?? {}).reduce((sum, count) => sum + count, 0)
    if (process.stderr.isTTY) process.stderr.write(`\r${rows} rows${job?.state === 'running' ? '' : '\n'}`)
  }
  return job
}

async function readLines(
  job: string,
  address: AgentAddress,
  filter: Readonly<Record<string, string>>,
): Promise<readonly Line[] | undefined> {
  const lines: Line[] = []
  let cursor: string | undefined
  do {
    const query = { ...filter, limit: String(LINES_AT_ONCE), ...(cursor !== undefined && { cursor }) }
    const page: z.output<typeof linesSchema> | undefined = await askAgent(address, {
      ...{ method: 'get', path: `devices/import/${job}`, query },
      schema: linesSchema,
    })
    if (page === undefined) return undefined
    lines.push(...page.lines)
    cursor = page.next
  } while (cursor !== undefined)
  return lines
}

function print({ state, problem, dryRun, counts, warnings }: Job, refused: readonly Line[]): void {
  for (const warning of warnings) console.error(`warning: ${warning}`)
  for (const { line, id, problem: why } of refused)
    console.log(`line ${line}: ${id === undefined ? '' : `${id}: `}${why}`)
  const told = VERDICTS.filter(verdict => counts[verdict] > 0).map(verdict => `${counts[verdict]} ${verdict}`)
  const summary = told.length === 0 ? 'no rows' : told.join(', ')
  console.log(dryRun ? `would be: ${summary}` : summary)
  if (state !== 'finished') console.error(`the import ended early: ${problem}`)
}
