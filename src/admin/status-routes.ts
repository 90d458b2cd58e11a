/** How the agent is: for probes (health, readiness), for Prometheus, and for people (status, balance). */
import { z } from 'zod'
import { describeAlarm } from '../alarms/alarm.ts'
import type { LaneReport } from '../draining/protocol.ts'
import { getMessage } from '../errors.ts'
import type { BridgeReport } from '../ingest/bridges/bridge.ts'
import type { JournalUsage } from '../journal/room.ts'
import { type AlarmSources, alarmSchema } from './alarm-routes.ts'
import type { Api } from './api.ts'
import { toBalanceReport } from './balance.ts'
import { OPEN_ON_LOOPBACK, type SourcesOf } from './guard.ts'
import { balanceSchema, laneSchema, timeSchema } from './lane-answers.ts'
import type { LaneRate } from './lane-rates.ts'
import { createProblem } from './problem.ts'

export interface StatusSources extends Pick<AlarmSources, 'getAlarms'> {
  readonly version: string
  readonly startedAt: Date
  getLanes(): Promise<readonly LaneReport[]>
  getRate(lane: LaneReport): LaneRate | undefined
  getBridges(): readonly BridgeReport[]
  getJournalUsage(): JournalUsage
  renderMetrics(): Promise<string>
}

const statusSchema = z
  .object({
    version: z.string(),
    startedAt: timeSchema,
    alarms: z.array(alarmSchema).describe('The first that stand; api/v1/alarms has all of them.'),
    lanes: z.array(laneSchema),
    bridges: z.array(
      z.object({
        id: z.string(),
        tenant: z.string(),
        url: z.string(),
        isConnected: z.boolean(),
        trouble: z.string().optional(),
        acknowledged: z.int().describe('Messages acknowledged there since the start.'),
      }),
    ),
    journal: z.object({
      bytes: z.number(),
      maxBytes: z.number(),
      tenants: z.array(z.object({ tenant: z.string(), bytes: z.number(), maxBytes: z.number() })),
    }),
  })
  .meta({ id: 'status' })

const ALARMS_MAX = 100
const TAGS = ['status']
const METRICS = {
  description: 'The text format of Prometheus.',
  content: { 'text/plain': { schema: z.string() } },
}

export function addHealthRoutes(api: Api, { getLanes }: Pick<StatusSources, 'getLanes'>): void {
  const health = (summary: string, status: string) => ({
    schema: {
      summary,
      tags: TAGS,
      security: [],
      response: { 200: z.object({ status: z.literal(status) }) },
    },
  })
  api.get('/healthz', health('Whether the agent runs', 'alive'), async () => ({ status: 'alive' }))
  api.get('/readyz', health('Whether it takes messages', 'ready'), async () => {
    try {
      await getLanes()
      return { status: 'ready' }
    } catch (error) {
      throw createProblem('NOT_READY', getMessage(error))
    }
  })
}

export function addStatusRoutes(api: Api, sourcesOf: SourcesOf<StatusSources>): void {
  api.get(
    '/metrics',
    {
      ...OPEN_ON_LOOPBACK,
      schema: { summary: 'Figures for Prometheus', tags: TAGS, response: { 200: METRICS } },
    },
    async (request, reply) =>
      reply.type('text/plain; version=0.0.4; charset=utf-8').send(await sourcesOf(request).renderMetrics()),
  )
  api.get(
    '/api/v1/status',
    {
      ...OPEN_ON_LOOPBACK,
      schema: { summary: 'How the agent is', tags: TAGS, response: { 200: statusSchema } },
    },
    async request => {
      const sources = sourcesOf(request)
      return {
        version: sources.version,
        startedAt: sources.startedAt.toISOString(),
        alarms: sources.getAlarms().slice(0, ALARMS_MAX).map(describeAlarm),
        lanes: await listLanes(sources),
        bridges: sources.getBridges(),
        journal: sources.getJournalUsage(),
      }
    },
  )
  const lanes = { 200: z.object({ lanes: z.array(laneSchema) }) }
  api.get(
    '/api/v1/lanes',
    {
      ...OPEN_ON_LOOPBACK,
      schema: { summary: 'What waits for each destination', tags: TAGS, response: lanes },
    },
    async request => ({ lanes: await listLanes(sourcesOf(request)) }),
  )
  api.get(
    '/api/v1/balance',
    {
      ...OPEN_ON_LOOPBACK,
      schema: { summary: 'What became of every message', tags: TAGS, response: { 200: balanceSchema } },
    },
    async request => toBalanceReport(await sourcesOf(request).getLanes()),
  )
}

/** What waits for each destination, and how it is treated: rates, trouble, alarm, breaker, concurrency, round trip. */
async function listLanes({ getLanes, getRate }: Pick<StatusSources, 'getLanes' | 'getRate'>) {
  return (await getLanes()).map(lane => toLane(lane, getRate(lane)))
}

function toLane({ balance, alarms, ...lane }: LaneReport, rate: LaneRate | undefined) {
  return {
    ...lane,
    ...rate,
    waiting: balance.waiting,
    alarms: alarms.map(({ since, ...alarm }) => ({ ...alarm, since: new Date(since).toISOString() })),
  }
}
