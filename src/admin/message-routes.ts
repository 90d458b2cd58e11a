/** The trace of messages: the last ones of a device, and all as they are settled, a line of JSON each. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import type { TailLine, TailListener } from '../trace/tail-hub.ts'
import type { TracedMessage } from '../trace/traced-message.ts'
import { OPEN_ON_LOOPBACK, type SourcesOf } from './guard.ts'
import { describeIssues, sendProblem } from './problem.ts'

export interface MessageSources {
  readonly tenantIds: readonly string[]
  listMessages(query: { readonly tenant: string; readonly device: string; readonly limit: number }): Promise<{
    readonly messages: readonly TracedMessage[]
    readonly scanned: number
    readonly isComplete: boolean
  }>
  /** Resolves to what ends it. */
  listenToMessages(listener: TailListener): Promise<() => Promise<void>>
}

const name = z.string().min(1, { error: 'expected a name' })
const querySchema = z.strictObject({
  tenant: name.optional(),
  device: z.string({ error: 'expected the id of a device' }).min(1, { error: 'expected the id of a device' }),
  limit: z.coerce.number().int().min(1).max(100).default(20),
})
const tailSchema = z.strictObject({ tenant: name.optional(), device: name.optional() })

/** A client that reads slower than messages come is told how many it has missed. */
const BUFFER_BYTES_MAX = 256 * 1024
/** An empty line finds out whether the client is still there. */
const HEARTBEAT_MS = 15_000

export function addMessageRoutes(server: FastifyInstance, sourcesOf: SourcesOf<MessageSources>): void {
  server.get('/api/v1/messages', OPEN_ON_LOOPBACK, async (request, reply) => {
    const sources = sourcesOf(request)
    const query = querySchema.safeParse(request.query)
    if (!query.success) return sendBadQuery(reply, query.error)
    const { device, limit } = query.data
    const [only, ...others] = sources.tenantIds
    const tenant = query.data.tenant ?? (others.length === 0 ? only : undefined)
    if (tenant === undefined || !sources.tenantIds.includes(tenant))
      return sendBadTenant(reply, sources, tenant)
    return { tenant, device, ...(await sources.listMessages({ tenant, device, limit })) }
  })

  server.get('/api/v1/messages/tail', OPEN_ON_LOOPBACK, async (request, reply) => {
    const sources = sourcesOf(request)
    const query = tailSchema.safeParse(request.query)
    if (!query.success) return sendBadQuery(reply, query.error)
    const { tenant } = query.data
    if (tenant !== undefined && !sources.tenantIds.includes(tenant))
      return sendBadTenant(reply, sources, tenant)
    await stream(reply, hear => sources.listenToMessages({ filter: query.data, hear }))
    return reply
  })
}

async function stream(
  reply: FastifyReply,
  listen: (hear: (line: TailLine) => void) => Promise<() => Promise<void>>,
): Promise<void> {
  const { raw } = reply
  const closed = new Promise<void>(resolve => raw.once('close', () => resolve()))
  let missed = 0
  const stop = await listen(line => {
    if (raw.writableLength > BUFFER_BYTES_MAX) {
      missed += 'dropped' in line ? line.dropped : 1
      return
    }
    if (missed > 0) raw.write(`${JSON.stringify({ dropped: missed })}\n`)
    missed = 0
    raw.write(`${JSON.stringify(line)}\n`)
  })
  reply.hijack()
  // Silence is no fault here.
  raw.socket?.setTimeout(0)
  raw.writeHead(200, { 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' })
  raw.flushHeaders()
  const heartbeat = setInterval(() => raw.write('\n'), HEARTBEAT_MS)
  if (raw.destroyed) raw.emit('close')
  void closed.then(() => {
    clearInterval(heartbeat)
    // An agent that ends has ended it already.
    return stop().catch(() => undefined)
  })
}

function sendBadTenant(
  reply: FastifyReply,
  { tenantIds }: MessageSources,
  tenant: string | undefined,
): FastifyReply {
  const detail = `tenant: expected one of ${tenantIds.join(', ')}, got ${tenant ?? 'nothing'}`
  return sendProblem(reply, { status: 400, title: 'Bad query', detail })
}

function sendBadQuery(reply: FastifyReply, error: z.ZodError): FastifyReply {
  return sendProblem(reply, { status: 400, title: 'Bad query', detail: describeIssues(error, 'query') })
}
