/** Passwords and keys (TLS-PSK) of devices and credentials: made by us and shown once, replaced with a time in which both are taken, and revoked. */
import { z } from 'zod'
import { parseDuration } from '../config/units.ts'
import type { LoginWish } from '../provisioning/provisioning.ts'
import type { Api } from './api.ts'
import { dryRunQuery } from './dry-run.ts'
import { getActor, requireRole } from './guard.ts'
import { showSecret } from './idempotency.ts'
import { createChangedSchema, toChanged } from './provision-answers.ts'
import { getPath, PROVISION_KINDS, type ProvisionKind, toPlace } from './provision-kinds.ts'
import { change, find, type ProvisionTools, placeOf, tagOf } from './provision-routes.ts'

const GRACE_MS_MAX = 90 * 86_400_000

const bodySchema = z
  .strictObject({
    grace: z
      .string()
      .default('0s')
      .transform((text, context) => {
        const ms = parseDuration(text)
        if (ms !== undefined && ms <= GRACE_MS_MAX) return ms
        const message = 'expected a duration such as 12h or 7d, at most 90d'
        context.addIssue({ code: 'custom', message })
        return z.NEVER
      })
      .describe('How long the one before is taken beside the new one, such as 7d.'),
  })
  .nullish()

export function addPasswordRoutes(api: Api, tools: ProvisionTools): void {
  for (const kind of PROVISION_KINDS) {
    if (!kind.hasLogin) continue
    addRoutesOf(api, kind, 'password', tools)
    addRoutesOf(api, kind, 'psk', tools)
  }
}

type Proof = 'password' | 'psk'

const NAMES: Readonly<Record<Proof, { readonly one: string; readonly all: string }>> = {
  password: { one: 'a new password', all: 'the password, the key (TLS-PSK) and the certificate' },
  psk: { one: 'a new key for TLS-PSK', all: 'the key (TLS-PSK)' },
}

function addRoutesOf(api: Api, kind: ProvisionKind, proof: Proof, { sourcesOf, tags }: ProvisionTools): void {
  const { path, params } = getPath(kind)
  const url = `/api/v1/${kind.list}${path}/${proof}`
  const of = proof === 'psk' ? proof : undefined
  const schema = {
    tags: [kind.list],
    params,
    querystring: dryRunQuery,
    response: { 200: createChangedSchema(kind.schema) },
  }
  const wish = async (
    request: Parameters<typeof getActor>[0] & {
      readonly params: z.output<typeof params>
      readonly query: { readonly dryRun: boolean }
    },
    login: LoginWish,
  ) => {
    const { dryRun } = request.query
    const sources = sourcesOf(request)
    const found = find(sources, toPlace(kind, request.params))
    const answer = await change(sources, { ...placeOf(found), login }, { actor: getActor(request), dryRun })
    return { etag: tagOf(answer.changes[0]?.after, tags), changed: toChanged(answer, dryRun) }
  }

  api.post(
    url,
    {
      ...requireRole(kind.role),
      schema: { ...schema, summary: `Give ${kind.one} ${NAMES[proof].one}`, body: bodySchema },
    },
    async (request, reply) => {
      const graceMs = request.body?.grace ?? 0
      showSecret(reply)
      const { etag, changed } = await wish(request, { wish: 'make', of, graceMs })
      if (!changed.dryRun) reply.header('ETag', etag)
      return changed
    },
  )

  api.delete(
    url,
    {
      ...requireRole(kind.role),
      schema: { ...schema, summary: `Revoke ${NAMES[proof].all} of ${kind.one}` },
    },
    async (request, reply) => {
      const { etag, changed } = await wish(request, { wish: 'revoke', of })
      if (!changed.dryRun) reply.header('ETag', etag)
      return changed
    },
  )
}
