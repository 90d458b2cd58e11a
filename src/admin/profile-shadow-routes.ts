/** Shadow runs: a version maps beside the active one, both are compared, and only what the active one makes is sent. */
import { z } from 'zod'
import type { ShadowReport } from '../shadow/shadow-plan.ts'
import type { Api } from './api.ts'
import { getActor, requireRole } from './guard.ts'
import { timeSchema } from './lane-answers.ts'
import { createProblem } from './problem.ts'
import { createProfileProblem, profileDoneSchema, toTime } from './profile-answers.ts'
import {
  changeQuery,
  checkReach,
  findProfile,
  optionalMatchHeaders,
  type ProfileTools,
  placeQuery,
  readChange,
  versionParams,
} from './profile-place.ts'

const SHADOW = '/api/v1/profiles/:id/versions/:version/shadow'
const ADMIN = requireRole('admin')
const tags = ['profiles']
const changing = { tags, params: versionParams, querystring: changeQuery, headers: optionalMatchHeaders }
const DEVICES_MAX = 1_000

const bodySchema = z
  .strictObject({
    devices: z
      .array(z.strictObject({ tenant: z.string(), id: z.string() }))
      .min(1)
      .max(DEVICES_MAX)
      .optional()
      .describe('Only these; by default all devices that the active version is for.'),
  })
  .nullish()

const count = z.int().min(0)
const made = z.unknown().optional()
const reportSchema = z
  .object({
    id: z.string(),
    tenant: z.string().optional(),
    active: z.int(),
    shadow: z.int(),
    devices: z.array(z.object({ tenant: z.string(), id: z.string() })).optional(),
    since: timeSchema.describe('Counted from then on: the begin of the run, or the start of the agent.'),
    messages: count.describe('Mapped by both versions.'),
    same: count.describe('Of them, those of which both made the same.'),
    skipped: count.describe('Not compared, because more came than there was time for beside delivery.'),
    differences: z.array(
      z.object({
        kind: z
          .enum([
            ...(['refused', 'accepted', 'refusal', 'entityMissing', 'entityAdded'] as const),
            ...(['attributeMissing', 'attributeAdded', 'attributeChanged'] as const),
          ])
          .describe('What the shadow does otherwise than the active version.'),
        type: z.string().optional().describe('Of the entity.'),
        attribute: z.string().optional(),
        count,
        examples: z.array(
          z.object({
            tenant: z.string(),
            device: z.string(),
            topic: z.string(),
            receivedAt: timeSchema,
            active: made.describe('What the active version makes of it.'),
            shadow: made.describe('What the shadow makes of it.'),
          }),
        ),
      }),
    ),
    others: count.describe('Differences of further kinds.'),
  })
  .meta({ id: 'shadowReport' })

export function addProfileShadowRoutes(api: Api, tools: ProfileTools): void {
  api.post(
    SHADOW,
    {
      ...ADMIN,
      schema: {
        summary: 'Run a version beside the active one; only the active one sends',
        ...{ ...changing, body: bodySchema, response: { 200: profileDoneSchema } },
      },
    },
    async request => {
      const { place, ifRevisions } = await readChange(request, tools)
      const { dryRun } = request.query
      const devices = request.body?.devices
      const options = { actor: getActor(request), dryRun, ifRevisions, devices }
      const { versions } = tools.sourcesOf(request)
      const answer = await versions.startShadow(place, request.params.version, options)
      if (answer.refusals !== undefined) throw createProfileProblem(answer.refusals, 'PROFILE_UNFIT')
      return { dryRun }
    },
  )

  api.delete(
    SHADOW,
    { ...ADMIN, schema: { summary: 'End a shadow run', ...changing, response: { 200: profileDoneSchema } } },
    async request => {
      const { place, ifRevisions } = await readChange(request, tools)
      const { dryRun } = request.query
      const options = { actor: getActor(request), dryRun, ifRevisions }
      const { versions } = tools.sourcesOf(request)
      const answer = await versions.endShadow(place, request.params.version, options)
      if (answer.refusals !== undefined) throw createProfileProblem(answer.refusals)
      return { dryRun }
    },
  )

  const read = { tags, params: versionParams, querystring: placeQuery, response: { 200: reportSchema } }
  api.get(
    SHADOW,
    { schema: { summary: 'What a version does otherwise than the active one', ...read } },
    async request => {
      const { version, id } = request.params
      const view = await findProfile(request, tools)
      // Its examples are of messages of all tenants.
      checkReach(request, view)
      const report = await tools.sourcesOf(request).versions.getShadow(view, version)
      if (report !== undefined) return toReport(report)
      throw createProblem('NOT_FOUND', `profile ${id}: expected a shadow run of version ${version}, got none`)
    },
  )
}

function toReport({ since, differences, devices, tenant, ...report }: ShadowReport) {
  return {
    ...report,
    since: toTime(since),
    ...(tenant !== undefined && { tenant }),
    ...(devices !== undefined && { devices: [...devices] }),
    differences: differences.map(({ examples, ...difference }) => ({
      ...difference,
      examples: examples.map(({ receivedAt, ...example }) => ({
        ...example,
        receivedAt: toTime(receivedAt),
      })),
    })),
  }
}
