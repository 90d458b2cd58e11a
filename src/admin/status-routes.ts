/** How the agent is: for probes (health, readiness), for Prometheus, and for people (status, balance, quarantine). */
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { showValue } from '../document.ts'
import type { LaneReport } from '../draining.ts'
import { getMessage } from '../errors.ts'
import type { QuarantinedMessage } from '../journal/quarantine.ts'
import { sendProblem } from './problem.ts'

export interface StatusSources {
  readonly version: string
  readonly startedAt: Date
  getLanes(): Promise<readonly LaneReport[]>
  renderMetrics(): Promise<string>
  listQuarantine(query: {
    readonly tenant: string
    readonly destination: string
    readonly after?: number
    readonly limit: number
  }): Promise<readonly QuarantinedMessage[]>
}

export function addHealthRoutes(
  server: FastifyInstance,
  { getLanes }: Pick<StatusSources, 'getLanes'>,
): void {
  server.get('/healthz', async () => ({ status: 'alive' }))
  server.get('/readyz', async (_request, reply) => {
    try {
      await getLanes()
      return { status: 'ready' }
    } catch (error) {
      return sendProblem(reply, { status: 503, title: 'Not ready', detail: getMessage(error) })
    }
  })
}

export function addStatusRoutes(server: FastifyInstance, sources: StatusSources): void {
  server.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await sources.renderMetrics()),
  )
  server.get('/api/v1/status', async () => ({
    version: sources.version,
    startedAt: sources.startedAt.toISOString(),
    lanes: (await sources.getLanes()).map(({ balance, ...lane }) => ({ ...lane, waiting: balance.waiting })),
  }))
  server.get('/api/v1/balance', async () => ({ tenants: (await sources.getLanes()).map(toBalance) }))
  addQuarantineRoute(server, sources)
}

/** received = delivered + quarantined + discarded + expired + skipped + duplicates + waiting, at every moment. */
function toBalance({ tenant, destination, balance }: LaneReport) {
  const { position: _position, ...terms } = balance
  return { tenant, destination, ...terms }
}

const quarantineQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  cursor: z
    .string()
    .regex(/^[^/]+\/[^/]+\/\d+$/, { error: 'expected the id of an entry' })
    .optional(),
})

/** Oldest first, lane after lane; `cursor` is the id of the last entry that was seen. */
function addQuarantineRoute(server: FastifyInstance, { getLanes, listQuarantine }: StatusSources): void {
  server.get('/api/v1/quarantine', async (request, reply) => {
    const query = quarantineQuery.safeParse(request.query)
    if (!query.success) {
      const detail = query.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; ')
      return sendProblem(reply, { status: 400, title: 'Bad query', detail })
    }
    const { limit, cursor } = query.data
    const [tenant, destination, position] = cursor?.split('/') ?? []
    const lanes = await getLanes()
    const start =
      cursor === undefined
        ? 0
        : lanes.findIndex(lane => lane.tenant === tenant && lane.destination === destination)
    if (start < 0) {
      const detail = `cursor: expected the id of an entry, got ${showValue(cursor)}, whose lane is gone`
      return sendProblem(reply, { status: 400, title: 'Bad query', detail })
    }
    const entries: QuarantinedMessage[] = []
    for (const [index, lane] of lanes.slice(start).entries()) {
      const after = index === 0 && position !== undefined ? { after: Number(position) } : {}
      entries.push(...(await listQuarantine({ ...lane, ...after, limit: limit - entries.length })))
      if (entries.length >= limit) break
    }
    const next = entries.length < limit ? undefined : entries.at(-1)?.id
    return { entries: entries.map(toEntry), ...(next !== undefined && { next }) }
  })
}

function toEntry({ payload, receivedAt, quarantinedAt, ...entry }: QuarantinedMessage) {
  return {
    ...entry,
    receivedAt: new Date(receivedAt).toISOString(),
    quarantinedAt: new Date(quarantinedAt).toISOString(),
    payload: payload.toString('base64'),
  }
}
