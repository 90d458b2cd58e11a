/** The tokens of this port: listed, made, rotated and revoked by admins, each of its own tenant. A token itself is told once. */
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { ROLES } from '../access/role.ts'
import type { TokenView } from '../access/token-record.ts'
import type { Shown, TokenRefusal, Tokens } from '../access/tokens.ts'
import { parseDuration } from '../config/units.ts'
import type { Api } from './api.ts'
import { getActor, requireRole, type SourcesOf, toUnknownTenant } from './guard.ts'
import { showSecret } from './idempotency.ts'
import { timeSchema } from './lane-answers.ts'
import { NOTHING } from './no-content.ts'
import { type Problem, ProblemError } from './problem.ts'

export interface TokenSources {
  readonly tokens: Pick<Tokens, 'list' | 'create' | 'rotate' | 'revoke'>
  readonly tenantIds: readonly string[]
  /** Whether somebody can still get in when all tokens of ours are gone. */
  readonly hasOtherLogin: boolean
}

const DAY_MS = 86_400_000
const LIFE_MS_MAX = 10 * 365 * DAY_MS
const GRACE_MS_MAX = 30 * DAY_MS
const NAME_CHARS_MAX = 100

function age(maxMs: number, most: string) {
  return z.string().transform((text, context) => {
    const ms = parseDuration(text)
    if (ms !== undefined && ms <= maxMs) return ms
    const message = `expected a duration such as 12h or 90d, at most ${most}`
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
}

const newSchema = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(NAME_CHARS_MAX)
    .regex(/^[^\p{Cc}\p{Cf}]+$/u, { error: 'expected a name on one line, without control characters' }),
  role: z.enum(ROLES),
  tenant: z.string().optional(),
  /** From now; without it the token does not end. */
  expiresIn: age(LIFE_MS_MAX, '3650d').optional(),
})
const rotateSchema = z.strictObject({
  /** How long the token before is taken beside the new one. */
  grace: age(GRACE_MS_MAX, '30d').prefault('1h'),
})

const tokenSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.enum(ROLES),
    tenant: z.string().optional().describe('Absent for a token of the whole agent.'),
    createdAt: timeSchema,
    createdBy: z.string(),
    rotatedAt: timeSchema.optional(),
    expiresAt: timeSchema.optional(),
    lastUsedAt: timeSchema.optional().describe('To within some minutes.'),
    previousUntil: timeSchema.optional().describe('Until when the token before the last rotation is taken.'),
  })
  .meta({ id: 'token' })
const shownSchema = tokenSchema.extend({ token: z.string().describe('Shown here, and never again.') })

const ADMIN = requireRole('admin')
const tags = ['access']
const params = z.object({ id: z.string() })

export function addTokenRoutes(api: Api, sourcesOf: SourcesOf<TokenSources>): void {
  api.get(
    '/api/v1/tokens',
    {
      ...ADMIN,
      schema: {
        summary: 'The tokens of this port, without what is secret',
        tags,
        response: { 200: z.object({ tokens: z.array(tokenSchema) }) },
      },
    },
    async request => {
      const tokens = sourcesOf(request).tokens.list(getActor(request))
      return { tokens: tokens.map(toAnswer) }
    },
  )

  api.post(
    '/api/v1/tokens',
    {
      ...ADMIN,
      schema: { summary: 'Make a token', tags, body: newSchema, response: { 201: shownSchema } },
    },
    async (request, reply) => {
      const { tokens, tenantIds } = sourcesOf(request)
      const actor = getActor(request)
      const { expiresIn, ...wanted } = request.body
      // Of its own tenant unless it says so: who has one cannot make a token of the whole agent.
      const tenant = wanted.tenant ?? actor.tenant
      if (tenant !== undefined && !tenantIds.includes(tenant)) throw new ProblemError(toUnknownTenant(tenant))
      const expiresAt = expiresIn === undefined ? undefined : Date.now() + expiresIn
      return sendShown(reply, 201, await tokens.create({ ...wanted, tenant, expiresAt }, actor))
    },
  )

  api.delete(
    '/api/v1/tokens/:id',
    { ...ADMIN, schema: { summary: 'Revoke a token', tags, params, response: { 204: NOTHING } } },
    async (request, reply) => {
      const { tokens, hasOtherLogin } = sourcesOf(request)
      const outcome = await tokens.revoke(request.params.id, hasOtherLogin, getActor(request))
      if (outcome !== 'done') throw createRefusal(outcome)
      return reply.code(204).send()
    },
  )

  api.post(
    '/api/v1/tokens/:id/rotate',
    {
      ...ADMIN,
      schema: {
        summary: 'Replace a token; the one before is taken for a while',
        tags,
        params,
        body: rotateSchema.nullish(),
        response: { 200: shownSchema },
      },
    },
    async (request, reply) => {
      const { grace } = request.body ?? rotateSchema.parse({})
      const { tokens } = sourcesOf(request)
      return sendShown(reply, 200, await tokens.rotate(request.params.id, grace, getActor(request)))
    },
  )
}

function sendShown(reply: FastifyReply, status: number, shown: Shown | TokenRefusal) {
  if (typeof shown === 'string') throw createRefusal(shown)
  showSecret(reply)
  return reply.code(status).send({ ...toAnswer(shown.token), token: shown.secret })
}

const REFUSALS: Readonly<Record<TokenRefusal, Omit<Problem, 'code'>>> = {
  TOKEN_UNKNOWN: { status: 404, title: 'Token not found', detail: 'There is no token with this id.' },
  TOKEN_NAME_TAKEN: {
    status: 409,
    title: 'Name taken',
    detail: 'name: expected one that no other token of the tenant has.',
  },
  TOKEN_LAST: {
    status: 409,
    title: 'Last token',
    detail: 'Expected another token of an admin of the whole agent that does not end, got none.',
  },
  TOKENS_FULL: {
    status: 409,
    title: 'Too many tokens',
    detail: 'Expected fewer than 10,000 tokens; revoke those that are not used.',
  },
}

function createRefusal(code: TokenRefusal): ProblemError {
  return new ProblemError({ ...REFUSALS[code], code })
}

/** Times as RFC 3339 has them. */
function toAnswer({ createdAt, rotatedAt, expiresAt, lastUsedAt, previousUntil, ...token }: TokenView) {
  return {
    ...token,
    createdAt: new Date(createdAt).toISOString(),
    rotatedAt: toText(rotatedAt),
    expiresAt: toText(expiresAt),
    lastUsedAt: toText(lastUsedAt),
    previousUntil: toText(previousUntil),
  }
}

/** Absent stays absent: JSON leaves out what is undefined. */
function toText(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString()
}
