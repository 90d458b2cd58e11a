/** The HTTP server that routes are added to: every request is held against the schemas of its route, and every route describes itself. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  type FastifySchemaCompiler,
  type FastifyTypeProvider,
  type RawServerDefault,
  type RouteOptions,
} from 'fastify'
import { z } from 'zod'
import { describeIssues } from '../document.ts'
import { sendError } from './answer-errors.ts'
import { addJsonParsers } from './json-body.ts'
import { createMisfitProblem, createProblem, type Part, problemSchema, sendProblem } from './problem.ts'

/** What a handler gets is what its schemas give, and what it answers has to be what they say. */
interface ApiTypes extends FastifyTypeProvider {
  validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown
  serializer: this['schema'] extends z.ZodType ? Frozen<z.output<this['schema']>> : unknown
}

type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T

export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ApiTypes
>

/** A client that sends its request a byte at a time is not waited for. */
const REQUEST_TIMEOUT_MS = 10_000
const LATE_LOOK_MS = 1_000
const BODY_BYTES_MAX = 1024 * 1024
/** Ids of entities and devices, escaped. */
const PARAM_CHARS_MAX = 1_024

const PARTS: Readonly<Record<string, Part>> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
  headers: 'header',
}
const NO_QUERY = z.strictObject({})
const PROBLEM = {
  description: 'What is wrong.',
  content: { 'application/problem+json': { schema: problemSchema } },
}

/** `trustedProxies` are those whose word is taken for the address that a request came from. */
export function createApi(trustedProxies: readonly string[] = []): Api {
  const api = Fastify({
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: REQUEST_TIMEOUT_MS,
    // Node.js looks for requests that are late only so often, every 30 s unless told otherwise.
    http: { connectionsCheckingInterval: LATE_LOOK_MS },
    bodyLimit: BODY_BYTES_MAX,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: PARAM_CHARS_MAX },
    schemaController: { compilersFactory: { buildValidator: refuse, buildSerializer: refuse } },
    // What cannot be routed at all, such as an address with a broken escape.
    frameworkErrors: (error, _request, reply) => void sendError(reply, error),
  }).withTypeProvider<ApiTypes>()
  api.setValidatorCompiler(compileValidator)
  // What is answered is what its types say; a test holds real answers against the schemas.
  api.setSerializerCompiler(() => JSON.stringify)
  api.setNotFoundHandler((request, reply) => {
    const { problem } = createProblem(
      'NOT_FOUND',
      `There is nothing at ${request.url.split('?', 1).join('')}.`,
    )
    return sendProblem(reply, problem)
  })
  api.setErrorHandler((error: unknown, _request, reply) => sendError(reply, error))
  api.removeContentTypeParser('text/plain')
  addJsonParsers(api)
  api.addHook('onRoute', completeRoute)
  api.addHook('onRequest', async request => boundBody(request))
  api.addHook('preParsing', async request => refuseCompressed(request))
  api.addHook('preValidation', async request => refuseBody(request))
  api.addHook('onSend', async (_request, reply) => {
    reply.header('X-Content-Type-Options', 'nosniff')
    if (!reply.hasHeader('Cache-Control')) reply.header('Cache-Control', 'no-store')
  })
  return api
}

/** No route answers what it does not describe, takes a query that it does not know, or has problems of its own form. */
function completeRoute(route: RouteOptions): void {
  const { schema } = route
  if (schema?.response === undefined)
    throw new Error(`${String(route.method)} ${route.url}: expected schemas of its answers`)
  route.schema = {
    ...schema,
    querystring: schema.querystring ?? NO_QUERY,
    response: { ...schema.response, default: PROBLEM },
  }
}

/** In place of compilers of Fastify's own, which every start would load: those that are used are set for all routes. */
function refuse(): never {
  throw new Error('expected every schema to be one of zod')
}

const compileValidator: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart = '' }) =>
  (data: unknown) => {
    const result = schema.safeParse(data)
    if (result.success) return { value: result.data }
    return { error: createMisfitProblem(PARTS[httpPart] ?? 'body', describeIssues(result.error, data)) }
  }

/** A body that comes too slowly ends its connection; Node.js bounds the head. */
function boundBody({ raw }: FastifyRequest): void {
  if (raw.complete) return
  const timer = setTimeout(() => {
    if (!raw.complete) raw.destroy()
  }, REQUEST_TIMEOUT_MS)
  raw.once('close', () => clearTimeout(timer))
  timer.unref()
}

/** A small body may stand for a very large one. */
function refuseCompressed({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding.toLowerCase() === 'identity') return
  throw createProblem('ENCODING_UNSUPPORTED', `expected no Content-Encoding, got ${encoding}`)
}

function refuseBody({ body, routeOptions: { schema, url } }: FastifyRequest): void {
  if (url === undefined || schema?.body !== undefined || body === undefined || body === null) return
  throw createMisfitProblem('body', [{ path: [], problem: 'expected none here' }])
}
