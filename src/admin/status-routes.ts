/** How the agent is: for probes (health, readiness), for Prometheus, and for people (status, balance). */
import type { FastifyInstance } from 'fastify'
import type { LaneReport } from '../draining/draining.ts'
import { getMessage } from '../errors.ts'
import { sendProblem } from './problem.ts'

export interface StatusSources {
  readonly version: string
  readonly startedAt: Date
  getLanes(): Promise<readonly LaneReport[]>
  renderMetrics(): Promise<string>
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
    lanes: (await sources.getLanes()).map(toLane),
  }))
  server.get('/api/v1/lanes', async () => ({ lanes: (await sources.getLanes()).map(toLane) }))
  server.get('/api/v1/balance', async () => ({ tenants: (await sources.getLanes()).map(toBalance) }))
}

/** What waits for a destination, and how it is treated: trouble, alarm, breaker, concurrency, round trip. */
function toLane({ balance, ...lane }: LaneReport) {
  return { ...lane, waiting: balance.waiting }
}

/** received = delivered + quarantined + discarded + expired + skipped + duplicates + waiting, at every moment. */
function toBalance({ tenant, destination, balance }: LaneReport) {
  const { position: _position, ...terms } = balance
  return { tenant, destination, ...terms }
}
