/** `tromost audit`: who changed what, exported, and proven to be as it was written. */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import axios from 'axios'
import { z } from 'zod'
import { type AuditRecord, auditRecordSchema } from '../audit/audit-record.ts'
import { ChainCheck } from '../audit/chain-check.ts'
import { type AgentAddress, askAgent, reportUnreachable } from './agent-client.ts'
import { FAULTS_FOUND, WRONG_USE } from './report-error.ts'

export interface AuditOptions extends AgentAddress {
  readonly tenant?: string
  readonly actor?: string
  readonly kind?: string
  readonly action?: string
  readonly since?: string
  readonly until?: string
  readonly limit: number
  readonly export: boolean
  readonly verify: boolean
  readonly file?: string
  readonly json: boolean
}

const pageSchema = z.object({ records: z.array(auditRecordSchema), next: z.string().optional() })

export async function runAudit(options: AuditOptions): Promise<void> {
  if (options.verify) await verify(options)
  else if (options.export) for await (const line of readExport(options)) console.log(line)
  else await list(options)
}

async function list(options: AuditOptions): Promise<void> {
  const query = { ...toFilter(options), limit: String(options.limit) }
  const page = await askAgent(options, { method: 'get', path: 'audit', query, schema: pageSchema })
  if (page === undefined) return
  if (options.json) {
    console.log(JSON.stringify(page))
    return
  }
  for (const record of page.records) console.log(describe(record))
  if (page.next !== undefined) console.log('there may be more: --limit shows more of them, --export all')
}

async function verify(options: AuditOptions): Promise<void> {
  const check = new ChainCheck({ isWhole: Object.keys(toFilter(options)).length === 0 })
  for await (const line of options.file === undefined ? readExport(options) : readLines(options.file)) {
    const fault = check.take(auditRecordSchema.parse(JSON.parse(line)))
    if (fault !== undefined) console.error(fault)
  }
  // Whoever could not be asked has been told so.
  if (process.exitCode !== undefined) return
  const { records, breaks, last } = check
  if (breaks > 0) process.exitCode = FAULTS_FOUND
  if (options.json) console.log(JSON.stringify({ records, breaks, last }))
  else
    console.log(
      `${records} records, ${breaks} breaks; record ${last.number} has the hash ${last.hash || 'none'}`,
    )
}

function readLines(file: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(file, 'utf8') })
}

async function* readExport(options: AuditOptions): AsyncGenerator<string> {
  const { url, token } = options
  try {
    const { status, data } = await axios.get<Readable>(`${url}/api/v1/audit/export`, {
      params: toFilter(options),
      responseType: 'stream',
      maxRedirects: 0,
      proxy: false,
      validateStatus: code => [200, 400, 403, 404, 429].includes(code),
      headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    })
    if (status === 200) yield* createInterface({ input: data })
    else await reportProblem(status, data)
  } catch (error) {
    reportUnreachable(url, error)
  }
}

async function reportProblem(status: number, body: Readable): Promise<void> {
  const parts: Buffer[] = []
  for await (const part of body) parts.push(Buffer.from(part))
  process.exitCode = status === 400 ? WRONG_USE : FAULTS_FOUND
  const problem = z.object({ detail: z.string() }).parse(JSON.parse(Buffer.concat(parts).toString()))
  console.error(problem.detail)
}

function toFilter({ tenant, actor, kind, action, since, until }: AuditOptions): Record<string, string> {
  const given = Object.entries({ tenant, actor, kind, action, since, until })
  return Object.fromEntries(given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

function describe({ at, actor, from, action, place, outcome }: AuditRecord): string {
  const { kind, tenant, id } = place
  const what = `${kind} ${tenant === undefined ? '' : `${tenant}/`}${id}`
  return `${at}  ${actor.name} (${from})  ${action} ${what}${outcome === 'done' ? '' : `: ${outcome}`}`
}
