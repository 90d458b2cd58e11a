/** The control plane on port 4041: health, metrics, status, and the entities of the preview. */
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import { getMessage, TromostError } from '../errors.ts'
import type { Entity } from '../reading.ts'
import type { PreviewQuery } from '../uplink/preview-store.ts'
import { type AdminToken, isLoopback } from './access.ts'
import { addContextRoutes, type ContextSources } from './context-routes.ts'
import { addLaneOrderRoutes, type LaneOrderSources } from './lane-order-routes.ts'
import { addMessageRoutes, type MessageSources } from './message-routes.ts'
import { addPreviewRoutes } from './preview-routes.ts'
import { sendProblem } from './problem.ts'
import { addQuarantineRoutes, type QuarantineSources } from './quarantine-routes.ts'
import { addHealthRoutes, addStatusRoutes, type StatusSources } from './status-routes.ts'

export interface HttpOptions {
  readonly host: string
  readonly port: number
  readonly token: AdminToken
  readonly sources: StatusSources &
    QuarantineSources &
    ContextSources &
    MessageSources &
    LaneOrderSources & { listEntities(query: PreviewQuery): Promise<readonly Entity[]> }
}

export interface HttpServer {
  readonly host: string
  readonly port: number
  close(): Promise<void>
}

/** A client that sends its request a byte at a time is not waited for. */
const REQUEST_TIMEOUT_MS = 10_000

export async function openHttp({ host, port, token, sources }: HttpOptions): Promise<HttpServer> {
  const server = Fastify({
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    // What cannot be routed at all, such as an address with a broken escape.
    frameworkErrors: (error, _request, reply) => void sendError(reply, error),
  })
  server.setNotFoundHandler((request, reply) =>
    sendProblem(reply, { status: 404, title: 'Not found', detail: `There is nothing at ${request.url}.` }),
  )
  server.setErrorHandler((error: unknown, _request, reply) => sendError(reply, error))
  addHealthRoutes(server, sources)
  addContextRoutes(server, sources)
  await server.register(async guarded => {
    addGuard(guarded, isLoopback(host), token)
    addStatusRoutes(guarded, sources)
    addQuarantineRoutes(guarded, sources)
    addMessageRoutes(guarded, sources)
    addPreviewRoutes(guarded, query => sources.listEntities(query))
  })
  await server.register(async guarded => {
    // What changes something asks for the token wherever it comes from: a page in a browser on this machine has none.
    addGuard(guarded, false, token)
    addLaneOrderRoutes(guarded, sources)
  })
  return { host, port: await listen(server, host, port), close: () => server.close() }
}

/** What is read only asks for nothing on this machine; from elsewhere, and for changes, it takes the administrator's token. */
function addGuard(server: FastifyInstance, isOpen: boolean, token: AdminToken): void {
  server.addHook('onRequest', async (request, reply) => {
    if (isOpen || token.accepts(request.headers.authorization)) return
    reply.header('WWW-Authenticate', 'Bearer')
    return sendProblem(reply, {
      status: 401,
      title: 'Unauthorized',
      detail: 'Expected Authorization: Bearer with the administrator token.',
    })
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
