/** Which profile a request is about, and what it takes to change it. */
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { ProfileView } from '../profile-versions/profile-view.ts'
import type { ProfilePlace } from '../profile-versions/version-record.ts'
import { dryRunQuery } from './dry-run.ts'
import type { EntityTags } from './entity-tags.ts'
import { getActor, type SourcesOf } from './guard.ts'
import type { Cursors } from './paging.ts'
import { createProblem, ProblemError } from './problem.ts'
import type { ProfileSources } from './profile-answers.ts'

export interface ProfileTools {
  readonly sourcesOf: SourcesOf<ProfileSources>
  readonly cursors: Cursors
  readonly tags: EntityTags
}

const tenant = z
  .string()
  .optional()
  .describe('Whose profile; by default that of the tenant of who asks, or the one that all tenants share.')

export const idParams = z.object({ id: z.string() })
export const versionParams = z.object({ id: z.string(), version: z.coerce.number().int().min(1) })
export const placeQuery = z.strictObject({ tenant })
export const changeQuery = z.strictObject({ ...dryRunQuery.shape, tenant })
export const optionalMatchHeaders = z.looseObject({
  'if-match': z.string().optional().describe('The `ETag` of the state that is changed, or `*`.'),
})

interface Asked {
  readonly params: { readonly id: string }
  readonly query: { readonly tenant?: string | undefined }
  readonly headers: { readonly 'if-match'?: string | undefined }
}

/** Throws 404. */
export async function findProfile(request: FastifyRequest & Asked, { sourcesOf }: ProfileTools) {
  const { params, query } = request
  const asked = { id: params.id, tenant: getActor(request).tenant ?? query.tenant }
  const found = await sourcesOf(request).profiles.get(asked)
  if (found === undefined)
    throw createProblem('NOT_FOUND', `There is no profile ${JSON.stringify(params.id)}.`)
  return found
}

/** Throws 404, and 403 where the profile is more than the own tenant's. */
export async function readChange(
  request: FastifyRequest & Asked,
  tools: ProfileTools,
): Promise<{ readonly place: ProfilePlace; readonly ifRevisions: readonly number[] | undefined }> {
  const view = await findProfile(request, tools)
  checkReach(request, view)
  const header = request.headers['if-match']
  const place = { id: view.id, ...(view.tenant !== undefined && { tenant: view.tenant }) }
  if (header === undefined) return { place, ifRevisions: undefined }
  return { place, ifRevisions: tools.tags.readIfMatch(nameThing(view), header)?.map(Number) }
}

export function checkReach(request: FastifyRequest, view: ProfileView): void {
  if (getActor(request).tenant === undefined || view.tenant !== undefined || view.source === 'file') return
  const detail = `profile ${view.id}: expected one of the own tenant, got one that all tenants share`
  throw new ProblemError({ status: 403, title: 'Forbidden', detail, code: 'ROLE_TOO_SMALL' })
}

export function makeTag(view: ProfileView, tags: EntityTags): string {
  return tags.make(nameThing(view), String(view.revision))
}

function nameThing({ tenant: owner = '', id }: Pick<ProfileView, 'tenant' | 'id'>): string {
  return `profile ${owner}/${id}`
}
