/** The entities of the preview destination, as an NGSI-LD broker would answer (ETSI GS CIM 009, 5.7.1 and 5.7.2). Read only. */
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { showValue } from '../document.ts'
import { toKeyValues } from '../map/key-values.ts'
import type { Entity } from '../reading.ts'
import type { PreviewQuery } from '../uplink/preview-store.ts'
import { OPEN_ON_LOOPBACK, type SourcesOf } from './guard.ts'
import { sendProblem } from './problem.ts'

const LIMIT_MAX = 1_000

const querySchema = z.strictObject({
  id: z.string().optional(),
  type: z.string().optional(),
  limit: z.coerce.number().int().min(0).max(LIMIT_MAX).default(100),
  offset: z.coerce.number().int().min(0).default(0),
  options: z.enum(['keyValues', 'simplified', 'normalized']).default('normalized'),
})

export interface PreviewSources {
  listEntities(query: PreviewQuery): Promise<readonly Entity[]>
}

export function addPreviewRoutes(server: FastifyInstance, sourcesOf: SourcesOf<PreviewSources>): void {
  server.get('/ngsi-ld/v1/entities', OPEN_ON_LOOPBACK, async (request, reply) => {
    const query = querySchema.safeParse(request.query)
    if (!query.success) return sendBadQuery(reply, query.error, request.query)
    const { id, type, limit, offset, options } = query.data
    const entities = await sourcesOf(request).listEntities({
      ...(id !== undefined && { ids: id.split(',') }),
      ...(type !== undefined && { types: type.split(',') }),
      ...getTenant(request.headers),
      limit,
      offset,
    })
    return entities.map(entity => (options === 'normalized' ? entity : toKeyValues(entity)))
  })

  server.get<{ Params: { id: string } }>(
    '/ngsi-ld/v1/entities/:id',
    OPEN_ON_LOOPBACK,
    async (request, reply) => {
      const query = querySchema.pick({ options: true }).safeParse(request.query)
      if (!query.success) return sendBadQuery(reply, query.error, request.query)
      const { id } = request.params
      const [entity] = await sourcesOf(request).listEntities({
        ids: [id],
        ...getTenant(request.headers),
        limit: 1,
        offset: 0,
      })
      if (entity === undefined) {
        return sendProblem(reply, {
          status: 404,
          title: 'Entity not found',
          detail: `No reading of ${id} has arrived.`,
        })
      }
      return query.data.options === 'normalized' ? entity : toKeyValues(entity)
    },
  )
}

function getTenant(headers: Readonly<Record<string, unknown>>): { tenant?: string } {
  const tenant = headers['ngsild-tenant']
  return typeof tenant === 'string' ? { tenant } : {}
}

function sendBadQuery(reply: Parameters<typeof sendProblem>[0], error: z.ZodError, query: unknown) {
  const [issue] = error.issues
  const place = issue?.path.join('.') || 'query'
  return sendProblem(reply, {
    status: 400,
    title: 'Bad query',
    detail: `${place}: ${issue?.message ?? 'expected something else'}, got ${showValue(query)}`,
  })
}
