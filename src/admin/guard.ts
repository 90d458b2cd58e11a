/**
 * Who may do what on the HTTP port, for every route behind it: a token that is known, a role that is large enough, and nothing of
 * another tenant. A route that says nothing is for viewers when it reads, and for admins when it changes something.
 */
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { Identify, Verdict } from '../access/access.ts'
import { isAllowed, isAtLeast, type Role } from '../access/role.ts'
import { isLoopback } from '../config/loopback.ts'
import type { Actor } from '../provisioning/provisioning.ts'
import type { Api } from './api.ts'
import { type Problem, sendProblem } from './problem.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set on every route behind the guard. */
    actor?: Actor
  }
  interface FastifyContextConfig {
    /** The least that it takes. */
    role?: Role
    /** Whether it answers without a token where only this machine can ask. */
    isOpenOnLoopback?: boolean
  }
}

/** What a route is given: its sources, as far as the one who asks may know of them. */
export type SourcesOf<S> = (request: Pick<FastifyRequest, 'actor'>) => S

export interface GuardOptions {
  readonly access: Identify
  /** Of the listener. */
  readonly host: string
}

/** The least role that a route takes: `server.post(path, requireRole('operator'), handler)`. */
export function requireRole(role: Role): Pick<RouteOptions, 'config'> {
  return { config: { role } }
}

/** A route that only reads, and that anybody may read on this machine. */
export const OPEN_ON_LOOPBACK: Pick<RouteOptions, 'config'> = { config: { isOpenOnLoopback: true } }

export function getActor({ actor }: Pick<FastifyRequest, 'actor'>): Actor {
  if (actor === undefined) throw new Error('expected a route behind the guard')
  return actor
}

/** For all routes that are added to this server from now on. */
export function addGuard(server: Api, { access, host }: GuardOptions): void {
  const isOpen = isLoopback(host)
  server.decorateRequest('actor')
  server.addHook('onRequest', async (request, reply) => {
    const problem = findTokenInUrl(request) ?? findForeignOrigin(request)
    if (problem !== undefined) return sendProblem(reply, problem)
    const { authorization, 'tromost-tenant': tenant } = request.headers
    const named = typeof tenant === 'string' ? tenant : undefined
    const verdict = await access.identify({ authorization, from: request.ip, tenant: named })
    const actor = verdict.kind === 'nobody' && isOpen ? getAnonymous(request) : getProven(verdict)
    if (actor === undefined) return sendRefusal(reply, verdict)
    request.actor = actor
    const needed = getNeededRole(request)
    if (!isAtLeast(actor.role, needed)) return sendProblem(reply, toSmallRole(actor, needed))
    return undefined
  })
  server.addHook('preValidation', async (request, reply) => {
    const actor = getActor(request)
    const foreign = listNamedTenants(request).find(tenant => !isAllowed(actor, tenant))
    return foreign === undefined ? undefined : sendProblem(reply, toUnknownTenant(foreign))
  })
}

/** Also the answer for a tenant that somebody has no right to: they do not learn whether it is there. */
export function toUnknownTenant(tenant: string): Problem {
  const detail = `There is no tenant ${JSON.stringify(tenant)}.`
  return { status: 404, title: 'Tenant not found', detail, code: 'TENANT_UNKNOWN' }
}

function getProven(verdict: Verdict): Actor | undefined {
  return verdict.kind === 'actor' ? verdict.actor : undefined
}

/** By the name that was asked for, too: a page of another site whose name leads to this machine is not this machine. */
function getAnonymous({ routeOptions, hostname, ip }: FastifyRequest): Actor | undefined {
  const isMeant =
    routeOptions.config.isOpenOnLoopback === true && isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'))
  return isMeant ? { name: 'anonymous', role: 'viewer', from: ip } : undefined
}

function getNeededRole({ routeOptions, method }: FastifyRequest): Role {
  return routeOptions.config.role ?? (isReading(method) ? 'viewer' : 'admin')
}

function isReading(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** An address goes into logs and histories, and there the token would be read by others. */
function findTokenInUrl({ query }: FastifyRequest): Problem | undefined {
  const names = Object.keys(query as object)
  const name = names.find(one => /^(?:access_?|bearer_?|api_?)?(?:token|key)$|^authorization$/i.test(one))
  if (name === undefined) return undefined
  const detail = `${name}: expected no token in an address, where logs keep it. Send it as Authorization: Bearer, and rotate this one.`
  return { status: 400, title: 'Token in the address', detail, code: 'TOKEN_IN_URL' }
}

/** What a page of another site sends in the name of whoever looks at it. With a bearer token it was meant: no browser adds that by itself. */
function findForeignOrigin({ method, headers, host }: FastifyRequest): Problem | undefined {
  const { origin, authorization, 'sec-fetch-site': site } = headers
  if (isReading(method) || /^Bearer /i.test(authorization ?? '')) return undefined
  const isForeign = origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host)
  const isCross = site !== undefined && site !== 'same-origin' && site !== 'none'
  if (!isForeign && !isCross) return undefined
  const detail =
    'Expected a request of this site, or one with Authorization: Bearer, got one of another site.'
  return { status: 403, title: 'Foreign origin', detail, code: 'ORIGIN_FOREIGN' }
}

function sendRefusal(reply: FastifyReply, verdict: Verdict): FastifyReply {
  switch (verdict.kind) {
    case 'locked':
      reply.header('Retry-After', verdict.seconds)
      return sendProblem(reply, {
        ...{ status: 429, title: 'Locked', code: 'LOGIN_LOCKED' },
        detail: `Too many failed logins from this address; it may try again in ${verdict.seconds} s.`,
      })
    case 'unavailable':
      reply.header('Retry-After', RETRY_SECONDS)
      return sendProblem(reply, {
        ...verdict,
        status: 503,
        title: 'Login not possible',
        code: 'LOGIN_UNAVAILABLE',
      })
    case 'forbidden':
      return sendProblem(reply, {
        status: 403,
        title: 'Forbidden',
        detail: verdict.detail,
        code: 'ROLE_TOO_SMALL',
      })
    default:
      reply.header('WWW-Authenticate', 'Bearer')
      return sendProblem(reply, {
        ...{ status: 401, title: 'Unauthorized', code: 'ACCESS_REFUSED' },
        detail: verdict.kind === 'refused' ? verdict.detail : UNPROVEN,
      })
  }
}

const RETRY_SECONDS = 10
const UNPROVEN =
  'Expected Authorization: Bearer with a token, such as the administrator token of the first start.'

function toSmallRole({ role }: Actor, needed: Role): Problem {
  const detail = `Expected a token with the role ${needed}${needed === 'admin' ? '' : ' or a larger one'}, got ${role}.`
  return { status: 403, title: 'Forbidden', detail, code: 'ROLE_TOO_SMALL' }
}

/** Wherever a request names the tenant that it is about. */
function listNamedTenants({ params, query, body, headers }: FastifyRequest): readonly string[] {
  const places = [params, query, body].map(place => getTenant(place))
  return [...places, headers['ngsild-tenant']].flat().filter(tenant => typeof tenant === 'string')
}

function getTenant(place: unknown): unknown {
  return typeof place === 'object' && place !== null && 'tenant' in place ? place.tenant : undefined
}
