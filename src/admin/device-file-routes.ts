/** Devices in bulk: files of them in, as jobs with a verdict for each row, and all devices of a tenant out. */
import { Readable } from 'node:stream'
import { z } from 'zod'
import { exportCsv, exportJson, type ListDevices } from '../bulk/export-devices.ts'
import { VERDICTS } from '../bulk/import-devices.ts'
import type { ImportJob, ImportJobs } from '../bulk/import-jobs.ts'
import { readText } from '../bulk/read-text.ts'
import type { Api } from './api.ts'
import { dryRunQuery } from './dry-run.ts'
import { getActor, requireRole, type SourcesOf, toUnknownTenant } from './guard.ts'
import { timeSchema } from './lane-answers.ts'
import { type Cursors, nextSchema, pageQuery } from './paging.ts'
import { createProblem, ProblemError } from './problem.ts'

export interface DeviceFileSources {
  readonly imports: Pick<ImportJobs, 'start' | 'get'>
  readonly hasTenant: (tenant: string) => boolean
  readonly listDevices: (tenant: string) => ListDevices
}

/** A row of a sheet has some hundred bytes. */
const FILE_BYTES_MAX = 16 * 1024 * 1024
const IMPORT = '/api/v1/devices/import'
const JOB = `${IMPORT}/:job`
const FILE_TYPES = ['text/csv', 'application/json', 'application/octet-stream']
const tags = ['devices']

const count = z.int().min(0)
const jobSchema = z
  .object({
    id: z.string(),
    tenant: z.string(),
    dryRun: z.boolean(),
    state: z
      .enum(['running', 'finished', 'failed', 'interrupted'])
      .describe(
        'failed, and interrupted by the end of the agent: `problem` says why; what has a verdict was done.',
      ),
    problem: z.string().optional(),
    startedAt: timeSchema,
    endedAt: timeSchema.optional(),
    counts: z
      .object(Object.fromEntries(VERDICTS.map(verdict => [verdict, count])))
      .describe('Rows so far, by what became of them or would.'),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'importJob' })

const linesSchema = jobSchema
  .extend({
    lines: z
      .array(
        z.object({
          line: z.int().describe('In CSV the line on which the row begins, in JSON the place in the list.'),
          id: z.string().optional(),
          verdict: z.enum(VERDICTS),
          problem: z.string().optional().describe('Why it was refused.'),
        }),
      )
      .describe('None of an import before the last start of the agent.'),
    next: nextSchema,
  })
  .meta({ id: 'importLines' })

const importQuery = dryRunQuery.extend({
  tenant: z.string(),
  profile: z.string().optional().describe('The profile of rows that name none.'),
})
const jobQuery = z.strictObject({
  ...pageQuery,
  verdict: z.enum(VERDICTS).optional().describe('Only rows of this verdict.'),
})
const exportQuery = z.strictObject({ tenant: z.string(), format: z.enum(['csv', 'json']).default('csv') })

type Of = SourcesOf<DeviceFileSources>

export function addDeviceFileRoutes(api: Api, sourcesOf: Of, cursors: Cursors): void {
  addImport(api, sourcesOf)
  addJob(api, sourcesOf, cursors)
  addExport(api, sourcesOf)
}

function addImport(api: Api, sourcesOf: Of): void {
  void api.register(async files => {
    // Sheets come in the encoding of whoever saved them, so the bytes are read as they are.
    files.removeAllContentTypeParsers()
    files.addContentTypeParser(
      FILE_TYPES,
      { parseAs: 'buffer' },
      async (_request: unknown, body: Buffer) => body,
    )
    addImportRoute(files, sourcesOf)
  })
}

function addImportRoute(files: Api, sourcesOf: Of): void {
  files.post(
    IMPORT,
    {
      ...requireRole('operator'),
      bodyLimit: FILE_BYTES_MAX,
      schema: {
        ...{ summary: 'Import devices from CSV or JSON', tags, consumes: FILE_TYPES },
        querystring: importQuery,
        body: z.unknown().describe('The file as it is, up to 16 MiB.'),
        response: { 202: jobSchema },
      },
    },
    async (request, reply) => {
      const { imports, hasTenant } = sourcesOf(request)
      const { tenant, dryRun, profile } = request.query
      if (!hasTenant(tenant)) throw createUnknownTenant(tenant)
      const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      const { problem } = readText(bytes)
      if (problem !== undefined) throw createProblem('MEDIA_TYPE_UNSUPPORTED', problem)
      const job = imports.start({ tenant, actor: getActor(request), dryRun, profile, bytes })
      if (job === undefined) throw createRunning(tenant)
      return reply.code(202).header('Location', `${IMPORT}/${job.id}`).send(toJob(job))
    },
  )
}

function addJob(api: Api, sourcesOf: Of, cursors: Cursors): void {
  api.get(
    JOB,
    {
      schema: {
        ...{ summary: 'The progress of an import, and what became of each row', tags },
        params: z.object({ job: z.string() }),
        querystring: jobQuery,
        response: { 200: linesSchema },
      },
    },
    async request => {
      const { params, query } = request
      const job = sourcesOf(request).imports.get(params.job)
      if (job === undefined)
        throw createProblem(
          'NOT_FOUND',
          `There is no import ${JSON.stringify(params.job)}; the last twenty are kept.`,
        )
      const list = `${IMPORT}/${job.id}`
      const after = cursors.read(list, query, z.int()) ?? 0
      const meant = job.lines.filter(({ verdict }) => (query.verdict ?? verdict) === verdict)
      const lines = meant.filter(({ line }) => line > after).slice(0, query.limit)
      const last = lines.at(-1)
      const isMore = last !== undefined && last !== meant.at(-1)
      return { ...toJob(job), lines, ...(isMore && { next: cursors.make(list, query, last.line) }) }
    },
  )
}

function addExport(api: Api, sourcesOf: Of): void {
  const answer = {
    description: 'A file that imports again, without what is secret.',
    content: {
      'text/csv': { schema: z.string() },
      'application/json': { schema: z.object({ devices: z.array(z.record(z.string(), z.unknown())) }) },
    },
  }
  api.get(
    '/api/v1/devices/export',
    {
      schema: {
        ...{ summary: 'All devices of a tenant as CSV or JSON', tags },
        querystring: exportQuery,
        response: { 200: answer },
      },
    },
    async (request, reply) => {
      const { hasTenant, listDevices } = sourcesOf(request)
      const { tenant, format } = request.query
      if (!hasTenant(tenant)) throw createUnknownTenant(tenant)
      const list = listDevices(tenant)
      const isCsv = format === 'csv'
      return reply
        .type(isCsv ? 'text/csv; charset=utf-8' : 'application/json; charset=utf-8')
        .header('Content-Disposition', `attachment; filename="devices-${tenant}.${format}"`)
        .send(Readable.from(isCsv ? exportCsv(list) : exportJson(list)) as never)
    },
  )
}

function toJob({ lines: _lines, startedAt, endedAt, ...job }: ImportJob) {
  return {
    ...job,
    startedAt: new Date(startedAt).toISOString(),
    ...(endedAt !== undefined && { endedAt: new Date(endedAt).toISOString() }),
  }
}

export function createUnknownTenant(tenant: string): ProblemError {
  return new ProblemError(toUnknownTenant(tenant))
}

function createRunning(tenant: string): ProblemError {
  const detail = `tenant ${tenant}: an import is under way; one at a time`
  return new ProblemError({ status: 409, title: 'An import is running', detail, code: 'IMPORT_RUNNING' })
}
