/** The versions of a profile: saved, read, put to use and taken back. A version never changes. */
import { z } from 'zod'
import { toJson, toYaml } from '../profile-versions/version-text.ts'
import type { Api } from './api.ts'
import { getActor, requireRole } from './guard.ts'
import { nextSchema, pageQuery } from './paging.ts'
import { createProblem } from './problem.ts'
import {
  activatedSchema,
  createProfileProblem,
  draftSchema,
  savedSchema,
  toSaved,
  toVersionAnswer,
  versionSchema,
} from './profile-answers.ts'
import {
  changeQuery,
  findProfile,
  idParams,
  optionalMatchHeaders,
  type ProfileTools,
  placeQuery,
  readChange,
  versionParams,
} from './profile-place.ts'

const VERSIONS = '/api/v1/profiles/:id/versions'
const ADMIN = requireRole('admin')
const tags = ['profiles']
const changing = { tags, querystring: changeQuery, headers: optionalMatchHeaders }

const versionsQuery = z.strictObject({ ...pageQuery, ...placeQuery.shape })

export function addProfileVersionRoutes(api: Api, tools: ProfileTools): void {
  addListRoute(api, tools)
  addReadRoute(api, tools)
  addSaveRoute(api, tools)
  addActivateRoute(api, tools)
  addRollbackRoute(api, tools)
}

function addListRoute(api: Api, tools: ProfileTools): void {
  const page = z.object({ versions: z.array(versionSchema), next: nextSchema })
  const schema = { params: idParams, querystring: versionsQuery, response: { 200: page } }
  api.get(
    VERSIONS,
    { schema: { summary: 'The versions of a profile, newest first', tags, ...schema } },
    async request => {
      const { query, params } = request
      const view = await findProfile(request, tools)
      const list = `${VERSIONS} ${params.id}`
      const before = tools.cursors.read(list, query, z.int())
      const { limit } = query
      const found = await tools.sourcesOf(request).profiles.listVersions(view, { before, limit })
      const last = found.length < limit ? undefined : found.at(-1)
      const next = last && last.version > 1 ? tools.cursors.make(list, query, last.version) : undefined
      return { versions: found.map(toVersionAnswer), ...(next !== undefined && { next }) }
    },
  )
}

function addReadRoute(api: Api, tools: ProfileTools): void {
  const whole = versionSchema.extend({
    yaml: z.string().describe('As it was sent, where it was sent as YAML.'),
    profile: z.record(z.string(), z.unknown()).describe('The same as JSON.'),
  })
  api.get(
    `${VERSIONS}/:version`,
    {
      schema: {
        summary: 'One version of a profile, as YAML and as JSON',
        ...{ tags, params: versionParams, querystring: placeQuery, response: { 200: whole } },
      },
    },
    async request => {
      const { version, id } = request.params
      const view = await findProfile(request, tools)
      const found = await tools.sourcesOf(request).profiles.getVersion(view, version)
      if (found === undefined) {
        const detail = `profile ${id}: expected a version from 1 to ${view.latest ?? 0}, got ${version}`
        throw createProblem('NOT_FOUND', detail)
      }
      const profile = toJson(found.record) as Record<string, unknown>
      return { ...toVersionAnswer(found.view), yaml: toYaml(found.record), profile }
    },
  )
}

function addSaveRoute(api: Api, tools: ProfileTools): void {
  api.post(
    VERSIONS,
    {
      ...ADMIN,
      schema: {
        summary: 'Save a draft as the next version',
        ...{ ...changing, params: idParams, body: draftSchema },
        response: {
          200: savedSchema.describe('Of a dry run, or where the newest version is the very same.'),
          201: savedSchema,
        },
      },
    },
    async (request, reply) => {
      const { place, ifRevisions } = await readChange(request, tools)
      const { dryRun } = request.query
      const { activate, note, ...text } = request.body
      const options = { actor: getActor(request), dryRun, activate, note, ifRevisions }
      const saved = await tools.sourcesOf(request).versions.add(place, text, options)
      if (saved.refusals !== undefined) throw createProfileProblem(saved.refusals)
      const isMade = saved.isNew && !dryRun
      return reply.code(isMade ? 201 : 200).send(toSaved(place, saved, { dryRun, activate }))
    },
  )
}

function addActivateRoute(api: Api, tools: ProfileTools): void {
  const body = z.strictObject({}).nullish()
  const schema = { ...changing, params: versionParams, body, response: { 200: activatedSchema } }
  api.post(
    `${VERSIONS}/:version/activate`,
    { ...ADMIN, schema: { summary: 'Put a version to use', ...schema } },
    async request => {
      const { place, ifRevisions } = await readChange(request, tools)
      const { dryRun } = request.query
      const options = { actor: getActor(request), dryRun, ifRevisions }
      const { versions } = tools.sourcesOf(request)
      const answer = await versions.activate(place, request.params.version, options)
      if (answer.refusals !== undefined) throw createProfileProblem(answer.refusals, 'PROFILE_UNFIT')
      return { dryRun, ...place, version: answer.version, warnings: answer.warnings }
    },
  )
}

function addRollbackRoute(api: Api, tools: ProfileTools): void {
  const body = z
    .strictObject({ version: z.int().min(1).optional().describe('By default the one before.') })
    .nullish()
  api.post(
    '/api/v1/profiles/:id/rollback',
    {
      ...ADMIN,
      schema: {
        summary: 'Go back to a version that was active before',
        ...{ ...changing, params: idParams, body, response: { 200: activatedSchema } },
      },
    },
    async request => {
      const { place, ifRevisions } = await readChange(request, tools)
      const { dryRun } = request.query
      const options = { actor: getActor(request), dryRun, ifRevisions }
      const { versions } = tools.sourcesOf(request)
      const answer = await versions.rollBack(place, request.body?.version, options)
      if (answer.refusals !== undefined) throw createProfileProblem(answer.refusals, 'PROFILE_UNFIT')
      return { dryRun, ...place, version: answer.version, warnings: answer.warnings }
    },
  )
}
