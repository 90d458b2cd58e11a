/** The device profiles: those of files and those of the store. A profile of the store begins with its first version. */
import { z } from 'zod'
import type { Api } from './api.ts'
import { dryRunQuery } from './dry-run.ts'
import { hasTag, ifMatchHeaders, ifNoneMatchHeaders, NOT_MODIFIED } from './entity-tags.ts'
import { getActor, requireRole } from './guard.ts'
import { nextSchema, pageQuery } from './paging.ts'
import { createProblem } from './problem.ts'
import {
  createProfileProblem,
  draftShape,
  hasOneText,
  ONE_TEXT,
  profileDoneSchema,
  profileSchema,
  savedSchema,
  toProfileAnswer,
  toSaved,
} from './profile-answers.ts'
import {
  changeQuery,
  findProfile,
  idParams,
  makeTag,
  type ProfileTools,
  placeQuery,
  readChange,
} from './profile-place.ts'
import { addProfileShadowRoutes } from './profile-shadow-routes.ts'
import { addProfileVersionRoutes } from './profile-version-routes.ts'

const LIST = '/api/v1/profiles'
const ADMIN = requireRole('admin')
const tags = ['profiles']

const listQuery = z.strictObject({
  ...pageQuery,
  tenant: z.string().optional().describe('Its own, and those that all tenants share.'),
  source: z.enum(['file', 'api']).optional(),
  search: z.string().max(100).optional().describe('Part of the id, the maker, the model or the description.'),
})

/** The last one of a page. */
const seenSchema = z.tuple([z.string(), z.string()])

const newSchema = z
  .strictObject({
    tenant: z.string().optional().describe('Whose it is; by default the tenant of who asks, or all tenants.'),
    ...draftShape,
  })
  .refine(hasOneText, ONE_TEXT)

export function addProfileRoutes(api: Api, tools: ProfileTools): void {
  addListRoute(api, tools)
  addReadRoute(api, tools)
  addCreateRoute(api, tools)
  addRemoveRoute(api, tools)
  addProfileVersionRoutes(api, tools)
  addProfileShadowRoutes(api, tools)
}

function addListRoute(api: Api, { sourcesOf, cursors }: ProfileTools): void {
  const page = z.object({ profiles: z.array(profileSchema), total: z.int(), next: nextSchema })
  api.get(
    LIST,
    { schema: { summary: 'The device profiles', tags, querystring: listQuery, response: { 200: page } } },
    async request => {
      const { query } = request
      const tenant = getActor(request).tenant ?? query.tenant
      const after = cursors.read(LIST, query, seenSchema)
      const found = await sourcesOf(request).profiles.list({ ...query, tenant, after })
      const last = found.isLast ? undefined : found.items.at(-1)
      return {
        profiles: found.items.map(view => toProfileAnswer(view, tenant)),
        total: found.total,
        ...(last !== undefined && { next: cursors.make(LIST, query, [last.id, last.tenant ?? '']) }),
      }
    },
  )
}

function addReadRoute(api: Api, tools: ProfileTools): void {
  api.get(
    `${LIST}/:id`,
    {
      schema: {
        ...{ summary: 'One profile', tags, params: idParams, querystring: placeQuery },
        headers: ifNoneMatchHeaders,
        response: { 200: profileSchema, 304: NOT_MODIFIED },
      },
    },
    async (request, reply) => {
      const view = await findProfile(request, tools)
      const { tenant } = getActor(request)
      if (view.source === 'file') return toProfileAnswer(view, tenant)
      const etag = makeTag(view, tools.tags)
      reply.headers({ ETag: etag, 'Cache-Control': 'no-cache' })
      if (hasTag(request.headers['if-none-match'], etag)) return reply.code(304).send()
      return toProfileAnswer(view, tenant)
    },
  )
}

function addCreateRoute(api: Api, { sourcesOf }: ProfileTools): void {
  api.post(
    LIST,
    {
      ...ADMIN,
      schema: {
        ...{ summary: 'Save a new profile as its first version', tags, querystring: dryRunQuery },
        body: newSchema,
        response: { 200: savedSchema.describe('Of a dry run.'), 201: savedSchema },
      },
    },
    async (request, reply) => {
      const { dryRun } = request.query
      const { tenant: wanted, activate, note, ...text } = request.body
      const actor = getActor(request)
      const tenant = wanted ?? actor.tenant
      const { versions } = sourcesOf(request)
      const saved = await versions.create(tenant, text, { actor, dryRun, activate, note })
      if (saved.refusals !== undefined) throw createProfileProblem(saved.refusals)
      const place = { id: saved.id, ...(tenant !== undefined && { tenant }) }
      reply.header('Location', `${LIST}/${saved.id}`)
      return reply.code(dryRun ? 200 : 201).send(toSaved(place, saved, { dryRun, activate }))
    },
  )
}

function addRemoveRoute(api: Api, tools: ProfileTools): void {
  api.delete(
    `${LIST}/:id`,
    {
      ...ADMIN,
      schema: {
        summary: 'Remove a profile with all its versions',
        ...{ tags, params: idParams, querystring: changeQuery, headers: ifMatchHeaders },
        response: { 200: profileDoneSchema },
      },
    },
    async request => {
      if (request.headers['if-match'] === undefined) throw createProblem('PRECONDITION_REQUIRED', NO_TAG)
      const { place, ifRevisions } = await readChange(request, tools)
      const { dryRun } = request.query
      const { versions } = tools.sourcesOf(request)
      const answer = await versions.remove(place, { actor: getActor(request), dryRun, ifRevisions })
      if (answer.refusals !== undefined) throw createProfileProblem(answer.refusals)
      return { dryRun }
    },
  )
}

const NO_TAG = 'expected If-Match with the ETag of what is removed, got nothing'
