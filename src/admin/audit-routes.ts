/** The audit log: who changed what, newest first in pages, or all of it as lines of JSON. Admins of a tenant see what is of their tenant. */
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { AuditFilter, AuditLog } from '../audit/audit-log.ts'
import type { AuditRecord } from '../audit/audit-record.ts'
import { parseDuration, parseTime } from '../config/units.ts'
import { getActor, requireRole, type SourcesOf } from './guard.ts'
import { describeIssues, sendProblem } from './problem.ts'

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
const pageSchema = filterSchema.extend({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  /** The number of the last record that was seen. */
  cursor: z.coerce.number().int().min(1).optional(),
})

export function addAuditRoutes(server: FastifyInstance, sourcesOf: SourcesOf<AuditSources>): void {
  server.get('/api/v1/audit', requireRole('admin'), async (request, reply) => {
    const query = pageSchema.safeParse(request.query)
    if (!query.success)
      return sendProblem(reply, {
        status: 400,
        title: 'Bad query',
        detail: describeIssues(query.error, 'query'),
      })
    const { limit, cursor, ...filter } = query.data
    const page = await sourcesOf(request).audit.list(toOwn(filter, request), { before: cursor, limit })
    return { records: page.records, ...(page.next !== undefined && { next: String(page.next) }) }
  })

  server.get('/api/v1/audit/export', requireRole('admin'), async (request, reply) => {
    const query = filterSchema.safeParse(request.query)
    if (!query.success)
      return sendProblem(reply, {
        status: 400,
        title: 'Bad query',
        detail: describeIssues(query.error, 'query'),
      })
    const records = sourcesOf(request).audit.read(toOwn(query.data, request))
    reply.type('application/x-ndjson').header('Cache-Control', 'no-store')
    return reply.send(Readable.from(toLines(records)))
  })
}

function toOwn(filter: AuditFilter, request: FastifyRequest): AuditFilter {
  const { tenant } = getActor(request)
  return tenant === undefined ? filter : { ...filter, tenant }
}

async function* toLines(records: AsyncIterable<AuditRecord>): AsyncGenerator<string> {
  for await (const record of records) yield `${JSON.stringify(record)}\n`
}
