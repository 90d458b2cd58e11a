/** The trace of messages: the last ones of a device, and all as they are settled, a line of JSON each. */
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { TailLine, TailListener } from '../trace/tail-hub.ts'
import type { TracedMessage } from '../trace/traced-message.ts'
import type { Api } from './api.ts'
import { OPEN_ON_LOOPBACK, type SourcesOf } from './guard.ts'
import { messagesSchema, TAIL } from './message-answers.ts'
import { createMisfitProblem, createProblem } from './problem.ts'

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
/** Each costs a connection, a buffer and a look at every message. */
const LISTENERS_MAX = 50

export function addMessageRoutes(api: Api, sourcesOf: SourcesOf<MessageSources>): void {
  const tags = ['messages']
  let listening = 0
  api.get(
    '/api/v1/messages',
    {
      ...OPEN_ON_LOOPBACK,
      schema: {
        summary: 'The last messages of a device, from the bytes to the answer of the broker',
        tags,
        querystring: querySchema,
        response: { 200: messagesSchema },
      },
    },
    async request => {
      const { query } = request
      const sources = sourcesOf(request)
      const { device, limit } = query
      const [only, ...others] = sources.tenantIds
      const tenant = checkTenant(query.tenant ?? (others.length === 0 ? only : undefined), sources)
      return { tenant, device, ...(await sources.listMessages({ tenant, device, limit })) }
    },
  )

  api.get(
    '/api/v1/messages/tail',
    {
      ...OPEN_ON_LOOPBACK,
      schema: {
        summary: 'Messages as they are settled, a line of JSON each',
        tags,
        querystring: tailSchema,
        response: { 200: TAIL },
      },
    },
    async (request, reply) => {
      const { query } = request
      const sources = sourcesOf(request)
      if (query.tenant !== undefined) checkTenant(query.tenant, sources)
      if (listening >= LISTENERS_MAX)
        throw createProblem('LISTENERS_FULL', `expected at most ${LISTENERS_MAX} to listen, got one more`)
      listening += 1
      reply.raw.once('close', () => {
        listening -= 1
      })
      await stream(reply, hear => sources.listenToMessages({ filter: query, hear }))
      return reply
    },
  )
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

function checkTenant(tenant: string | undefined, { tenantIds }: MessageSources): string {
  if (tenant !== undefined && tenantIds.includes(tenant)) return tenant
  const problem = `expected one of ${tenantIds.join(', ')}, got ${tenant ?? 'nothing'}`
  throw createMisfitProblem('query', [{ path: ['tenant'], problem }])
}
