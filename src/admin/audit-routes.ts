/** The audit log: who changed what, newest first in pages, or all of it as lines of JSON. Admins of a tenant see what is of their tenant. */
import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { AuditFilter, AuditLog } from '../audit/audit-log.ts'
import { type AuditRecord, auditRecordSchema } from '../audit/audit-record.ts'
import { parseDuration, parseTime } from '../config/units.ts'
import type { Api } from './api.ts'
import { getActor, requireRole, type SourcesOf } from './guard.ts'
import { type Cursors, nextSchema, pageQuery } from './paging.ts'

export interface AuditSources {
  readonly audit: Pick<AuditLog, 'record' | 'list' | 'read'>
}

const time = z.string().transform((text, context) => {
  const ago = parseDuration(text)
  const ms = ago === undefined ? parseTime(text) : Date.now() - ago
  if (ms !== undefined) return ms
  const message = 'expected a time such as 2026-11-22T09:00:00Z, or an age such as 2h'
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

const filterSchema = z.strictObject({
  tenant: z.string().optional(),
  actor: z.string().optional(),
  kind: z.string().optional(),
  action: z.string().optional(),
  since: time.optional(),
  until: time.optional(),
})
const recordSchema = auditRecordSchema.meta({ id: 'auditRecord' })
const LINES = {
  description: 'A record on each line, oldest first.',
  content: { 'application/x-ndjson': { schema: z.unknown().meta({ type: 'string' }) } },
}
const LIST = '/api/v1/audit'

export function addAuditRoutes(api: Api, sourcesOf: SourcesOf<AuditSources>, cursors: Cursors): void {
  const tags = ['access']
  api.get(
    LIST,
    {
      ...requireRole('admin'),
      schema: {
        summary: 'Who changed what, newest first',
        tags,
        querystring: filterSchema.extend(pageQuery),
        response: { 200: z.object({ records: z.array(recordSchema), next: nextSchema }) },
      },
    },
    async request => {
      const { limit, cursor, ...filter } = request.query
      const { tenant, actor, kind, action } = filter
      // An age is another time each time, so it is no part of what a cursor holds for.
      const listing = { tenant, actor, kind, action, cursor }
      const before = cursors.read(LIST, listing, z.int())
      const page = await sourcesOf(request).audit.list(toOwn(filter, request), { before, limit })
      const next = page.next === undefined ? undefined : cursors.make(LIST, listing, page.next)
      return { records: page.records, ...(next !== undefined && { next }) }
    },
  )

  api.get(
    '/api/v1/audit/export',
    {
      ...requireRole('admin'),
      schema: {
        summary: 'All of it, a line of JSON each',
        tags,
        querystring: filterSchema,
        response: { 200: LINES },
      },
    },
    async (request, reply) => {
      const records = sourcesOf(request).audit.read(toOwn(request.query, request))
      return reply.type('application/x-ndjson').send(Readable.from(toLines(records)))
    },
  )
}

function toOwn(filter: AuditFilter, request: Pick<FastifyRequest, 'actor'>): AuditFilter {
  const { tenant } = getActor(request)
  return tenant === undefined ? filter : { ...filter, tenant }
}

async function* toLines(records: AsyncIterable<AuditRecord>): AsyncGenerator<string> {
  for await (const record of records) yield `${JSON.stringify(record)}\n`
}
