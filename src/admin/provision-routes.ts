/** What is provisioned, one by one: read, made, replaced, patched and removed. A change is in use everywhere when it is answered. */
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Provisioning } from '../provisioning/live-provisioning.ts'
import type { Actor, Changed, Edit, Place, Provisioned } from '../provisioning/provisioning.ts'
import { isFields } from '../provisioning/secret-keys.ts'
import type { Api } from './api.ts'
import { dryRunQuery } from './dry-run.ts'
import { type EntityTags, hasTag, ifMatchHeaders, ifNoneMatchHeaders, NOT_MODIFIED } from './entity-tags.ts'
import { getActor, requireRole, type SourcesOf } from './guard.ts'
import { showSecret } from './idempotency.ts'
import { mergePatch } from './merge-patch.ts'
import { asWritten } from './openapi.ts'
import { createMisfitProblem, createProblem } from './problem.ts'
import {
  createChangedSchema,
  createItemSchema,
  createRefusalProblem,
  removedSchema,
  toChanged,
  toItem,
} from './provision-answers.ts'
import { checkReach, getPath, PROVISION_KINDS, type ProvisionKind, toPlace } from './provision-kinds.ts'

export interface ProvisionSources {
  readonly provisioning: Pick<Provisioning, 'get' | 'list' | 'change'>
}

export interface ProvisionTools {
  readonly sourcesOf: SourcesOf<ProvisionSources>
  readonly tags: EntityTags
}

interface ChangeRequest extends Pick<FastifyRequest, 'actor'> {
  readonly params: Parameters<typeof toPlace>[1]
  readonly headers: { readonly 'if-match'?: string | undefined }
}

export function addProvisionRoutes(api: Api, tools: ProvisionTools): void {
  for (const kind of PROVISION_KINDS) {
    addCreateRoute(api, kind, tools)
    addReadRoute(api, kind, tools)
    addReplaceRoutes(api, kind, tools)
    addRemoveRoute(api, kind, tools)
  }
}

function addCreateRoute(api: Api, kind: ProvisionKind, { sourcesOf, tags }: ProvisionTools): void {
  const path = `/api/v1/${kind.list}`
  const changed = createChangedSchema(kind.schema)
  api.post(
    path,
    {
      ...requireRole(kind.role),
      schema: {
        summary: `Make ${kind.one}`,
        tags: [kind.list],
        querystring: dryRunQuery,
        body: asWritten(kind.schema),
        response: { 200: changed.describe('Of a dry run.'), 201: changed },
      },
    },
    async (request, reply) => {
      const { dryRun } = request.query
      const actor = getActor(request)
      checkReach(kind, actor, false)
      const place = readPlace(kind, request.body, actor)
      const edit = { ...place, value: request.body, ifRevision: 0 }
      const answer = await change(sourcesOf(request), edit, { actor, dryRun })
      if (answer.secrets.length > 0) showSecret(reply)
      const levels = kind.isOfTenant ? [place.tenant ?? '', place.id] : [place.id]
      reply.header('Location', [path, ...levels.map(encodeURIComponent)].join('/'))
      if (!dryRun) reply.header('ETag', tagOf(answer.changes[0]?.after, tags))
      return reply.code(dryRun ? 200 : 201).send(toChanged(answer, dryRun))
    },
  )
}

function addReadRoute(api: Api, kind: ProvisionKind, { sourcesOf, tags }: ProvisionTools): void {
  const { path, params } = getPath(kind)
  api.get(
    `/api/v1/${kind.list}${path}`,
    {
      schema: {
        summary: `Read ${kind.one}`,
        tags: [kind.list],
        params,
        headers: ifNoneMatchHeaders,
        response: { 200: createItemSchema(kind.schema), 304: NOT_MODIFIED },
      },
    },
    async (request, reply) => {
      checkReach(kind, getActor(request), true)
      const found = find(sourcesOf(request), toPlace(kind, request.params))
      const etag = tagOf(found, tags)
      reply.headers({ ETag: etag, 'Cache-Control': 'no-cache' })
      if (hasTag(request.headers['if-none-match'], etag)) return reply.code(304).send()
      return toItem(found)
    },
  )
}

function addReplaceRoutes(api: Api, kind: ProvisionKind, tools: ProvisionTools): void {
  const { path, params } = getPath(kind)
  const routes = [
    { method: 'PUT', verb: 'Replace', merge: (_before: unknown, body: unknown) => body },
    { method: 'PATCH', verb: 'Change some keys of (RFC 7396)', merge: mergePatch },
  ] as const
  for (const { method, verb, merge } of routes) {
    api.route({
      ...requireRole(kind.role),
      method,
      url: `/api/v1/${kind.list}${path}`,
      schema: {
        summary: `${verb} ${kind.one}`,
        tags: [kind.list],
        params,
        headers: ifMatchHeaders,
        querystring: dryRunQuery,
        body: method === 'PUT' ? asWritten(kind.schema) : z.record(z.string(), z.unknown()),
        response: { 200: createChangedSchema(kind.schema) },
      },
      handler: async (request, reply) => {
        const { dryRun } = request.query
        const { found, place, actor, sources } = findForChange(kind, request, tools)
        const edit = { ...place, value: merge(found.value, request.body) }
        const answer = await change(sources, edit, { actor, dryRun })
        if (!dryRun) reply.header('ETag', tagOf(answer.changes[0]?.after, tools.tags))
        return toChanged(answer, dryRun)
      },
    })
  }
}

function addRemoveRoute(api: Api, kind: ProvisionKind, tools: ProvisionTools): void {
  const { path, params } = getPath(kind)
  api.delete(
    `/api/v1/${kind.list}${path}`,
    {
      ...requireRole(kind.role),
      schema: {
        summary: `Remove ${kind.one}`,
        tags: [kind.list],
        params,
        headers: ifMatchHeaders,
        querystring: dryRunQuery,
        response: { 200: removedSchema },
      },
    },
    async request => {
      const { dryRun } = request.query
      const { place, actor, sources } = findForChange(kind, request, tools)
      const { warnings } = await change(sources, place, { actor, dryRun })
      return { dryRun, warnings }
    },
  )
}

/** `place` is that of the very revision that the request is meant for. */
function findForChange(kind: ProvisionKind, request: ChangeRequest, { sourcesOf, tags }: ProvisionTools) {
  const actor = getActor(request)
  checkReach(kind, actor, false)
  const sources = sourcesOf(request)
  const found = find(sources, toPlace(kind, request.params))
  const ifRevision = readRevision(found, request.headers['if-match'], tags)
  return { found, place: { ...placeOf(found), ifRevision }, actor, sources }
}

export function find({ provisioning }: ProvisionSources, place: Place): Provisioned {
  const found = provisioning.get(place)
  if (found !== undefined) return found
  const name = place.tenant === undefined ? place.id : `${place.tenant}/${place.id}`
  throw createProblem('NOT_FOUND', `There is no ${place.kind} ${JSON.stringify(name)}.`)
}

/** The revision that a change is meant for. What has another state by now is told here, before anything is looked at. */
function readRevision(found: Provisioned, header: string | undefined, tags: EntityTags): number {
  const states = tags.readIfMatch(toName(found), header)
  if (states === undefined || states.includes(toState(found))) return found.revision
  throw createProblem('CHANGED', `expected the ETag of revision ${found.revision}, got an older one`)
}

export async function change(
  { provisioning }: ProvisionSources,
  edit: Edit,
  options: { readonly actor: Actor; readonly dryRun: boolean },
): Promise<Changed> {
  const answer = await provisioning.change([edit], options)
  if (answer.refusals !== undefined) throw createRefusalProblem(answer.refusals)
  return answer
}

export function tagOf(found: Provisioned | undefined, tags: EntityTags): string {
  if (found === undefined) throw new Error('expected something to be there after a change')
  return tags.make(toName(found), toState(found))
}

export function placeOf({ kind, tenant, id }: Place): Place {
  return { kind, ...(tenant !== undefined && { tenant }), id }
}

function toName({ kind, tenant = '', id }: Place): string {
  return JSON.stringify([kind, tenant, id])
}

/** What was removed and made again begins with the first revision again. */
function toState({ revision, updatedAt }: Provisioned): string {
  return `${revision}.${updatedAt}`
}

/** Where something new is to be, by its own words. Who is of one tenant need not name it. */
function readPlace({ kind, idKey, isOfTenant }: ProvisionKind, body: unknown, actor: Actor): Place {
  const fields = isFields(body) ? body : {}
  const { [idKey]: id, tenant = actor.tenant } = fields
  const texts = { [idKey]: id, ...(isOfTenant && { tenant }) }
  const missing = Object.entries(texts).filter(([, text]) => typeof text !== 'string')
  if (missing.length > 0 || typeof id !== 'string') {
    const problem = 'expected a text, got none'
    throw createMisfitProblem(
      'body',
      missing.map(([key]) => ({ path: [key], problem })),
    )
  }
  return { kind, ...(isOfTenant && { tenant: String(tenant) }), id }
}
