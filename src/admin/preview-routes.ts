/** The entities of the preview destination, as an NGSI-LD broker would answer (ETSI GS CIM 009, 5.7.1 and 5.7.2). Read only. */
import { z } from 'zod'
import { toKeyValues } from '../map/key-values.ts'
import type { Entity } from '../reading.ts'
import type { PreviewQuery } from '../uplink/preview-store.ts'
import type { Api } from './api.ts'
import { OPEN_ON_LOOPBACK, type SourcesOf } from './guard.ts'
import { entitySchema } from './lane-answers.ts'
import { createProblem } from './problem.ts'

const LIMIT_MAX = 1_000

const querySchema = z.strictObject({
  id: z.string().optional().describe('One id, or several with commas between.'),
  type: z.string().optional().describe('One entity type, or several with commas between.'),
  limit: z.coerce.number().int().min(0).max(LIMIT_MAX).default(100),
  offset: z.coerce.number().int().min(0).default(0),
  options: z
    .enum(['keyValues', 'simplified', 'normalized'])
    .default('normalized')
    .describe('keyValues and simplified: the bare values of attributes.'),
})

const headersSchema = z.looseObject({
  'ngsild-tenant': z.string().optional().describe('Only entities of this tenant.'),
})

export interface PreviewSources {
  listEntities(query: PreviewQuery): Promise<readonly Entity[]>
}

export function addPreviewRoutes(api: Api, sourcesOf: SourcesOf<PreviewSources>): void {
  const schema = { tags: ['preview'], headers: headersSchema }
  api.get(
    '/ngsi-ld/v1/entities',
    {
      ...OPEN_ON_LOOPBACK,
      schema: {
        ...schema,
        summary: 'The last value of every entity of the preview',
        querystring: querySchema,
        response: { 200: z.array(entitySchema) },
      },
    },
    async request => {
      const { id, type, limit, offset, options } = request.query
      const entities = await sourcesOf(request).listEntities({
        ...(id !== undefined && { ids: id.split(',') }),
        ...(type !== undefined && { types: type.split(',') }),
        ...getTenant(request.headers),
        limit,
        offset,
      })
      return entities.map(entity => show(entity, options))
    },
  )

  api.get(
    '/ngsi-ld/v1/entities/:id',
    {
      ...OPEN_ON_LOOPBACK,
      schema: {
        ...schema,
        summary: 'One of them',
        params: z.object({ id: z.string() }),
        querystring: querySchema.pick({ options: true }),
        response: { 200: entitySchema },
      },
    },
    async request => {
      const { id } = request.params
      const [entity] = await sourcesOf(request).listEntities({
        ids: [id],
        ...getTenant(request.headers),
        limit: 1,
        offset: 0,
      })
      if (entity === undefined) throw createProblem('NOT_FOUND', `No reading of ${id} has arrived.`)
      return show(entity, request.query.options)
    },
  )
}

function show(
  entity: Entity,
  options: z.output<typeof querySchema>['options'],
): z.output<typeof entitySchema> {
  return options === 'normalized' ? entity : (toKeyValues(entity) as z.output<typeof entitySchema>)
}

function getTenant(headers: z.output<typeof headersSchema>): { tenant?: string } {
  const { 'ngsild-tenant': tenant } = headers
  return tenant === undefined ? {} : { tenant }
}
