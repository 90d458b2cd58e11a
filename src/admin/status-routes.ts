/** How the agent is: for probes (health, readiness), for Prometheus, and for people (status, balance). */
import type { FastifyInstance } from 'fastify'
import type { LaneReport } from '../draining/protocol.ts'
import { getMessage } from '../errors.ts'
import type { BridgeReport } from '../ingest/bridges/bridge.ts'
import type { JournalUsage } from '../journal/room.ts'
import { type Alarm, toBalanceReport } from './balance.ts'
import { OPEN_ON_LOOPBACK, type SourcesOf } from './guard.ts'
import { sendProblem } from './problem.ts'

export interface StatusSources {
  readonly version: string
  readonly startedAt: Date
  getLanes(): Promise<readonly LaneReport[]>
  /** What should not be, and somebody has to see to. */
  getAlarms(): readonly Alarm[]
  getBridges(): readonly BridgeReport[]
  getJournalUsage(): JournalUsage
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

export function addStatusRoutes(server: FastifyInstance, sourcesOf: SourcesOf<StatusSources>): void {
  server.get('/metrics', OPEN_ON_LOOPBACK, async (request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await sourcesOf(request).renderMetrics()),
  )
  server.get('/api/v1/status', OPEN_ON_LOOPBACK, async request => {
    const sources = sourcesOf(request)
    return {
      version: sources.version,
      startedAt: sources.startedAt.toISOString(),
      alarms: sources.getAlarms(),
      lanes: (await sources.getLanes()).map(toLane),
      bridges: sources.getBridges(),
      journal: sources.getJournalUsage(),
    }
  })
  server.get('/api/v1/lanes', OPEN_ON_LOOPBACK, async request => ({
    lanes: (await sourcesOf(request).getLanes()).map(toLane),
  }))
  server.get('/api/v1/balance', OPEN_ON_LOOPBACK, async request =>
    toBalanceReport(await sourcesOf(request).getLanes()),
  )
}

/** What waits for a destination, and how it is treated: trouble, alarm, breaker, concurrency, round trip. */
function toLane({ balance, alarms, ...lane }: LaneReport) {
  return {
    ...lane,
    waiting: balance.waiting,
    alarms: alarms.map(({ since, ...alarm }) => ({ ...alarm, since: new Date(since).toISOString() })),
  }
}
