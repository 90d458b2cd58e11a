/** The control plane on port 4041: health, metrics, status, and the entities of the preview. */
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import type { Identify } from '../access/access.ts'
import { getMessage, TromostError } from '../errors.ts'
import type { AdminSources } from './admin-sources.ts'
import { addAuditRoutes } from './audit-routes.ts'
import { addContextRoutes } from './context-routes.ts'
import { addGuard } from './guard.ts'
import { addLaneOrderRoutes } from './lane-order-routes.ts'
import { addMessageRoutes } from './message-routes.ts'
import { createSourcesOf } from './own-sources.ts'
import { addPreviewRoutes } from './preview-routes.ts'
import { sendProblem } from './problem.ts'
import { addQuarantineRoutes } from './quarantine-routes.ts'
import { addHealthRoutes, addStatusRoutes } from './status-routes.ts'
import { addTokenRoutes } from './token-routes.ts'

export interface HttpOptions {
  readonly host: string
  readonly port: number
  readonly access: Identify
  /** Whose word is taken for the address that a request came from. */
  readonly trustedProxies: readonly string[]
  readonly sources: AdminSources
}

export interface HttpServer {
  readonly host: string
  readonly port: number
  close(): Promise<void>
}

/** A client that sends its request a byte at a time is not waited for. */
const REQUEST_TIMEOUT_MS = 10_000

export async function openHttp(options: HttpOptions): Promise<HttpServer> {
  const { host, port, trustedProxies } = options
  const server = Fastify({
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    // What cannot be routed at all, such as an address with a broken escape.
    frameworkErrors: (error, _request, reply) => void sendError(reply, error),
  })
  server.setNotFoundHandler((request, reply) =>
    sendProblem(reply, {
      status: 404,
      title: 'Not found',
      detail: `There is nothing at ${request.url.split('?', 1).join('')}.`,
    }),
  )
  server.setErrorHandler((error: unknown, _request, reply) => sendError(reply, error))
  await addRoutes(server, options)
  return { host, port: await listen(server, host, port), close: () => server.close() }
}

/** THE LIST of what there is on the port. */
export async function addRoutes(
  server: FastifyInstance,
  { access, host, sources }: Pick<HttpOptions, 'access' | 'host' | 'sources'>,
): Promise<void> {
  addHealthRoutes(server, sources)
  addContextRoutes(server, sources)
  await server.register(async guarded => {
    const sourcesOf = createSourcesOf(sources)
    addGuard(guarded, { access, host })
    addStatusRoutes(guarded, sourcesOf)
    addQuarantineRoutes(guarded, sourcesOf)
    addMessageRoutes(guarded, sourcesOf)
    addPreviewRoutes(guarded, sourcesOf)
    addLaneOrderRoutes(guarded, sourcesOf)
    addTokenRoutes(guarded, sourcesOf)
    addAuditRoutes(guarded, sourcesOf)
  })
}

async function listen(server: FastifyInstance, host: string, port: number): Promise<number> {
  try {
    await server.listen({ host, port })
  } catch (error) {
    throw new TromostError('LISTENER_FAILED', `http ${host}:${port}: ${getMessage(error)}`, { cause: error })
  }
  const address = server.server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

const TITLES: Readonly<Record<number, string>> = { 500: 'Internal error', 503: 'Not ready' }

function sendError(reply: FastifyReply, error: unknown): FastifyReply {
  const status = getStatus(error)
  return sendProblem(reply, { status, title: TITLES[status] ?? 'Bad request', detail: getMessage(error) })
}

function getStatus(error: unknown): number {
  if (error instanceof TromostError && error.code === 'DRAINING_RESTARTS') return 503
  return error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
}
