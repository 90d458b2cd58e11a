/** A municipality as a file: all of it out of this agent, and into it. docs/export.md has the form of the file. */
import { Readable } from 'node:stream'
import { z } from 'zod'
import { TromostError } from '../errors.ts'
import type { Transfer } from '../transfer/transfer.ts'
import type { Api } from './api.ts'
import { dryRunQuery } from './dry-run.ts'
import { getActor, requireRole, type SourcesOf, toUnknownTenant } from './guard.ts'
import { timeSchema } from './lane-answers.ts'
import { allowPatience, bePatient } from './patience.ts'
import { createProblem, ProblemError } from './problem.ts'

export interface TransferSources {
  readonly transfer: Pick<Transfer, 'exportTenant' | 'importTenant'>
}

type Of = SourcesOf<TransferSources>

const TYPE = 'application/x-tar'
const ARCHIVE = {
  description: 'A tar archive of plain files; docs/export.md says what is in them.',
  content: { [TYPE]: { schema: z.unknown().meta({ type: 'string', format: 'binary' }) } },
}
const STATUS: Readonly<Record<string, number>> = {
  ARCHIVE_INVALID: 422,
  ARCHIVE_NEWER: 422,
  IMPORT_REFUSED: 422,
  TRANSFER_RUNNING: 409,
  DISK_FULL: 507,
  JOURNAL_FULL: 507,
}
const tags = ['sovereignty']

const flag = (description: string) =>
  z
    .enum(['true', 'false'])
    .default('false')
    .transform(text => text === 'true')
    .describe(description)

const exportQuery = z.strictObject({ tenant: z.string() })
const importQuery = dryRunQuery.extend({
  newPasswords: flag('true: makes passwords in place of those that only the other agent can check.'),
  replace: flag('true: what is there with other values becomes as it is in the archive.'),
})

const count = z.int().min(0)
const reportSchema = z
  .object({
    dryRun: z.boolean(),
    tenant: z.string(),
    id: z.string().describe('Of the export.'),
    exportedAt: timeSchema,
    counts: z
      .record(
        z.string(),
        z.object({
          taken: count,
          known: count.describe('There already, by an earlier import or as it is in the archive.'),
          left: count.describe('Not taken; `left` says why.'),
        }),
      )
      .describe(
        'By what it is: tenant, destinations, profiles, credentials, devices, quarantine, messages, retained.',
      ),
    left: z
      .array(z.object({ what: z.string(), why: z.string() }))
      .describe('What was not taken, or is left to do.'),
    more: count.describe('So many more were left than are told.'),
    passwords: z
      .array(z.object({ kind: z.enum(['device', 'credential']), id: z.string(), password: z.string() }))
      .describe('Those that were made: shown here, and never again.'),
  })
  .meta({ id: 'importReport' })

export function addTransferRoutes(api: Api, sourcesOf: Of): void {
  allowPatience(api)
  api.get(
    '/api/v1/export',
    {
      ...requireRole('admin'),
      schema: {
        summary: 'Everything of one tenant',
        tags,
        querystring: exportQuery,
        response: { 200: ARCHIVE },
      },
    },
    async (request, reply) => {
      const { tenant } = request.query
      const archive = await sourcesOf(request).transfer.exportTenant(tenant, getActor(request))
      if (archive === undefined) throw new ProblemError(toUnknownTenant(tenant))
      bePatient(request)
      const name = `${tenant}-${new Date().toISOString().slice(0, 10)}.tar`
      return reply.type(TYPE).header('Content-Disposition', `attachment; filename="${name}"`).send(archive)
    },
  )
  void api.register(async archives => {
    archives.addContentTypeParser(TYPE, async (_request: unknown, body: Readable) => body)
    addImport(archives, sourcesOf)
  })
}

function addImport(api: Api, sourcesOf: Of): void {
  api.post(
    '/api/v1/import',
    {
      ...requireRole('admin'),
      schema: {
        ...{ summary: 'Take a tenant that another agent has exported', tags, consumes: [TYPE] },
        querystring: importQuery,
        body: z.unknown().describe('The archive as it is, up to 16 GiB.'),
        response: { 200: reportSchema },
      },
    },
    async request => {
      const { query, body } = request
      if (!(body instanceof Readable)) throw createProblem('MEDIA_TYPE_UNSUPPORTED', `expected ${TYPE}`)
      bePatient(request)
      return sourcesOf(request)
        .transfer.importTenant(body, { ...query, actor: getActor(request) })
        .catch(error => {
          throw toProblem(error)
        })
    },
  )
}

function toProblem(error: unknown): unknown {
  const status = error instanceof TromostError ? STATUS[error.code] : undefined
  if (!(error instanceof TromostError) || status === undefined) return error
  const { code, detail } = error
  return new ProblemError({ status, title: 'Not imported', detail, code })
}
