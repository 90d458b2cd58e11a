/** The tokens of this port: listed, made, rotated and revoked by admins, each of its own tenant. A token itself is told once. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { ROLES } from '../access/role.ts'
import type { TokenView } from '../access/token-record.ts'
import type { Shown, TokenRefusal, Tokens } from '../access/tokens.ts'
import { parseDuration } from '../config/units.ts'
import { showValue } from '../document.ts'
import { getActor, requireRole, type SourcesOf, toUnknownTenant } from './guard.ts'
import { describeIssues, type Problem, sendProblem } from './problem.ts'

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
    const message = `expected a duration such as 12h or 90d, at most ${most}, got ${showValue(text)}`
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

type Sources = SourcesOf<TokenSources>
interface OfToken {
  readonly Params: { readonly id: string }
}

export function addTokenRoutes(server: FastifyInstance, sourcesOf: Sources): void {
  server.get('/api/v1/tokens', requireRole('admin'), async request => {
    const tokens = sourcesOf(request).tokens.list(getActor(request))
    return { tokens: tokens.map(toAnswer) }
  })

  server.post('/api/v1/tokens', requireRole('admin'), async (request, reply) => {
    const sources = sourcesOf(request)
    const body = newSchema.safeParse(request.body)
    if (!body.success) return sendProblem(reply, toBadBody(body.error))
    const actor = getActor(request)
    const { expiresIn, ...wanted } = body.data
    // Of its own tenant unless it says so: who has one cannot make a token of the whole agent.
    const tenant = wanted.tenant ?? actor.tenant
    if (tenant !== undefined && !sources.tenantIds.includes(tenant))
      return sendProblem(reply, toUnknownTenant(tenant))
    const expiresAt = expiresIn === undefined ? undefined : Date.now() + expiresIn
    return sendShown(reply, 201, await sources.tokens.create({ ...wanted, tenant, expiresAt }, actor))
  })

  server.delete<OfToken>('/api/v1/tokens/:id', requireRole('admin'), async (request, reply) => {
    const { tokens, hasOtherLogin } = sourcesOf(request)
    const outcome = await tokens.revoke(request.params.id, hasOtherLogin, getActor(request))
    return outcome === 'done' ? reply.code(204).send() : sendRefusal(reply, outcome)
  })

  server.post<OfToken>('/api/v1/tokens/:id/rotate', requireRole('admin'), async (request, reply) => {
    const body = rotateSchema.safeParse(request.body ?? {})
    if (!body.success) return sendProblem(reply, toBadBody(body.error))
    const { tokens } = sourcesOf(request)
    return sendShown(reply, 200, await tokens.rotate(request.params.id, body.data.grace, getActor(request)))
  })
}

/** No cache keeps it, neither that of a browser nor one on the way. */
function sendShown(reply: FastifyReply, status: number, shown: Shown | TokenRefusal): FastifyReply {
  if (typeof shown === 'string') return sendRefusal(reply, shown)
  reply.header('Cache-Control', 'no-store')
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

function sendRefusal(reply: FastifyReply, code: TokenRefusal): FastifyReply {
  return sendProblem(reply, { ...REFUSALS[code], code })
}

function toBadBody(error: z.ZodError): Problem {
  return { status: 400, title: 'Bad body', detail: describeIssues(error, 'body') }
}

/** Times as RFC 3339 has them. */
function toAnswer({ createdAt, rotatedAt, expiresAt, lastUsedAt, previousUntil, ...token }: TokenView) {
  return {
    ...token,
    createdAt: toText(createdAt),
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
