/** What is provisioned, listed: in pages, filtered, sorted, and searched. */
import { z } from 'zod'
import type { Listed, ListQuery, Place } from '../provisioning/provisioning.ts'
import type { AlarmSources } from './alarm-routes.ts'
import type { Api } from './api.ts'
import { getActor, type SourcesOf } from './guard.ts'
import { type Cursors, nextSchema, pageQuery } from './paging.ts'
import { createItemSchema, toItem } from './provision-answers.ts'
import { checkReach, PROVISION_KINDS, type ProvisionKind } from './provision-kinds.ts'
import type { ProvisionSources } from './provision-routes.ts'

const commonQuery = {
  ...pageQuery,
  q: z.string().max(200).optional().describe('The beginning of the id, of the name, or of a word of it.'),
  source: z.enum(['file', 'api']).optional(),
  sort: z.enum(['id', 'name', 'updatedAt']).default('id'),
  order: z.enum(['asc', 'desc']).default('asc'),
}
const ofTenantQuery = { ...commonQuery, tenant: z.string().optional() }

const endSchema = z.tuple([z.union([z.string(), z.number()]), z.string(), z.string()])

const deviceQuery = z.strictObject({
  ...ofTenantQuery,
  profile: z.string().optional(),
  silent: z
    .enum(['true', 'false'])
    .optional()
    .describe('Whether it was heard, and is silent for longer than its profile lets it be.'),
})

type ListSources = ProvisionSources & Pick<AlarmSources, 'getDeviceState'>

interface Query extends Pick<ListQuery, 'source' | 'sort' | 'tenant' | 'profile' | 'limit'> {
  readonly silent?: 'true' | 'false' | undefined
  readonly q?: string | undefined
  readonly order: 'asc' | 'desc'
  readonly cursor?: string | undefined
}

export function addProvisionListRoutes(api: Api, sourcesOf: SourcesOf<ListSources>, cursors: Cursors): void {
  for (const kind of PROVISION_KINDS) addListRoute(api, kind, { sourcesOf, cursors })
}

function addListRoute(
  api: Api,
  kind: ProvisionKind,
  { sourcesOf, cursors }: { readonly sourcesOf: SourcesOf<ListSources>; readonly cursors: Cursors },
): void {
  const path = `/api/v1/${kind.list}`
  const total = z.int().describe('Of all pages.')
  const answer = { [kind.list]: z.array(createItemSchema(kind.schema).meta({ id: `${kind.kind}Item` })) }
  api.get(
    path,
    {
      schema: {
        summary: `The ${kind.list} that there are`,
        tags: [kind.list],
        querystring: createQuerySchema(kind),
        response: { 200: z.object({ ...answer, total, next: nextSchema }) },
      },
    },
    async request => {
      const actor = getActor(request)
      checkReach(kind, actor, true)
      const query = request.query
      const after = cursors.read(path, { ...query }, endSchema)
      const listed = list(kind, query, { actor, after, sources: sourcesOf(request) })
      const next = listed.next && cursors.make(path, { ...query }, listed.next)
      return {
        [kind.list]: listed.items.map(toItem),
        total: listed.total,
        ...(next !== undefined && { next }),
      }
    },
  )
}

function createQuerySchema({ kind, isOfTenant }: ProvisionKind): z.ZodType<Query> {
  if (kind === 'device') return deviceQuery
  return z.strictObject(isOfTenant ? ofTenantQuery : commonQuery)
}

function list(
  { kind }: ProvisionKind,
  { q, order, silent, cursor: _cursor, ...query }: Query,
  {
    actor,
    after,
    sources: { provisioning, getDeviceState },
  }: {
    readonly actor: { readonly tenant?: string | undefined }
    readonly after: ListQuery['after']
    readonly sources: ListSources
  },
): Listed {
  if (kind === 'tenant' && actor.tenant !== undefined) {
    const own = provisioning.get({ kind, id: actor.tenant })
    return { items: own === undefined ? [] : [own], total: own === undefined ? 0 : 1 }
  }
  const tenant = actor.tenant ?? query.tenant
  const isSilent = ({ tenant: of = '', id }: Place) => getDeviceState(of, id)?.state === 'silent'
  const isMeant = silent && ((place: Place) => isSilent(place) === (silent === 'true'))
  const descending = order === 'desc'
  return provisioning.list(kind, { ...query, tenant, isMeant, search: q, descending, after })
}
