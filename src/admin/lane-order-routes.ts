/** What changes something about lanes: replay and discard what is in quarantine, send settled messages again. `?dryRun=true` changes nothing. */
import { z } from 'zod'
import { parseDuration, parseTime } from '../config/units.ts'
import { showValue } from '../document.ts'
import type { LaneReport } from '../draining/protocol.ts'
import type { QuarantineOrder, ReplayReport } from '../draining/replays.ts'
import type { RewindOrder, Rewound } from '../journal/rewind.ts'
import type { Api } from './api.ts'
import { dryRunQuery } from './dry-run.ts'
import { requireRole, type SourcesOf } from './guard.ts'
import { discardedSchema, replaySchema, rewoundSchema } from './lane-answers.ts'
import { createMisfitProblem, ProblemError } from './problem.ts'
import { isOf, parseEntryId } from './quarantine-routes.ts'

export interface LaneOrderSources {
  getLanes(): Promise<readonly LaneReport[]>
  replayQuarantine(order: QuarantineOrder): Promise<ReplayReport | undefined>
  discardQuarantine(order: QuarantineOrder): Promise<number>
  rewindLane(order: RewindOrder): Promise<Rewound>
}

const OPERATOR = requireRole('operator')
const IDS_MAX = 1_000
const ENTRIES_TOLD = 100
const ANSWER_MS = 5_000

const ageSchema = z.string().transform((text, context) => {
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  context.addIssue({ code: 'custom', message: 'expected a duration such as 12h or 7d' })
  return z.NEVER
})

const meantSchema = z
  .strictObject({
    ids: z.array(z.string()).min(1).max(IDS_MAX).optional(),
    tenant: z.string().optional(),
    destination: z.string().optional(),
    reason: z.string().optional().describe('The error code.'),
    device: z.string().optional(),
    olderThan: ageSchema.optional().describe('In quarantine for longer, such as 12h or 7d.'),
    all: z.literal(true).optional().describe('Everything, said on purpose.'),
  })
  .refine(meant => Object.keys(meant).length > 0, {
    error: 'expected ids, one of tenant, destination, reason, device, olderThan, or all',
  })

type Meant = z.output<typeof meantSchema>

/** A time, or how long ago it was. */
const timeSchema = z.strictObject({
  to: z.string().transform((text, context) => {
    const ago = parseDuration(text)
    const time = ago === undefined ? parseTime(text) : Date.now() - ago
    if (time !== undefined && time <= Date.now()) return time
    const expected = 'expected a time in the past such as 2026-11-22T09:00:00Z, or an age such as 2h'
    context.addIssue({ code: 'custom', message: expected })
    return z.NEVER
  }),
})

export function addLaneOrderRoutes(api: Api, sourcesOf: SourcesOf<LaneOrderSources>): void {
  const meant = { tags: ['quarantine'], querystring: dryRunQuery, body: meantSchema }
  api.post(
    '/api/v1/quarantine/replay',
    {
      ...OPERATOR,
      schema: { ...meant, summary: 'Send once more what is in quarantine', response: { 200: replaySchema } },
    },
    async request => {
      const { orders, dryRun, sources } = await readRequest(request, sourcesOf)
      const reports = await Promise.all(orders.map(order => sources.replayQuarantine(order)))
      const done = reports.filter(report => report !== undefined)
      if (done.length < orders.length) throw createRunningProblem(orders[reports.indexOf(undefined)])
      return { dryRun, ...join(done) }
    },
  )

  api.post(
    '/api/v1/quarantine/discard',
    {
      ...OPERATOR,
      schema: { ...meant, summary: 'Throw away what is in quarantine', response: { 200: discardedSchema } },
    },
    async request => {
      const { orders, dryRun, sources } = await readRequest(request, sourcesOf)
      const counts = await Promise.all(orders.map(order => sources.discardQuarantine(order)))
      return { dryRun, messages: counts.reduce((sum, count) => sum + count, 0) }
    },
  )

  api.post(
    '/api/v1/lanes/:tenant/:destination/rewind',
    {
      ...OPERATOR,
      schema: {
        summary: 'Send settled messages again',
        tags: ['lanes'],
        params: z.object({ tenant: z.string(), destination: z.string() }),
        querystring: dryRunQuery,
        body: timeSchema,
        response: { 200: rewoundSchema },
      },
    },
    async request => {
      const {
        params: { tenant, destination },
        query: { dryRun },
        body,
      } = request
      const sources = sourcesOf(request)
      const lanes = await sources.getLanes()
      if (!lanes.some(lane => isOf(lane, { tenant, destination })))
        throw createUnknownLaneProblem(lanes, { tenant, destination })
      return { dryRun, ...(await goBack({ tenant, destination, ...body, dryRun }, sources)) }
    },
  )
}

/** What is meant, for each lane that has some of it. */
async function readRequest(
  request: Parameters<SourcesOf<LaneOrderSources>>[0] & {
    readonly query: { readonly dryRun: boolean }
    readonly body: Meant
  },
  sourcesOf: SourcesOf<LaneOrderSources>,
) {
  const { dryRun } = request.query
  const sources = sourcesOf(request)
  return { orders: await readOrders(request.body, dryRun, sources), dryRun, sources }
}

/** A lane goes back once its last requests have ended. Where that takes long, the answer says what is going to be. */
async function goBack(order: RewindOrder, { rewindLane }: LaneOrderSources) {
  const planned = await rewindLane({ ...order, dryRun: true })
  const isDone = order.dryRun || planned.messages === 0
  const done = isDone ? planned : await Promise.race([rewindLane(order), waitForAnswer()])
  const { from, ...report } = done ?? planned
  const finished = done !== undefined
  return { finished, ...report, ...(from !== undefined && { from: new Date(from).toISOString() }) }
}

function waitForAnswer(): Promise<undefined> {
  return new Promise(resolve => setTimeout(() => resolve(undefined), ANSWER_MS).unref())
}

/** An order for each lane that is meant. */
async function readOrders(
  meant: Meant,
  dryRun: boolean,
  { getLanes }: LaneOrderSources,
): Promise<readonly QuarantineOrder[]> {
  const lanes = await getLanes()
  const { ids, tenant, destination } = meant
  const unread = ids?.find(id => !lanes.some(lane => isEntryOf(id, lane)))
  if (unread !== undefined) {
    const problem = `expected ids of entries such as kranj/main/7, got ${showValue(unread)}`
    const { problem: found } = createMisfitProblem('body', [{ path: ['ids'], problem }])
    throw new ProblemError({ ...found, code: 'ENTRY_UNKNOWN' })
  }
  const named = lanes.filter(lane => isOf(lane, { tenant, destination }))
  if (named.length === 0) throw createUnknownLaneProblem(lanes, { tenant, destination })
  return named
    .map(lane => ({ ...lane, filter: toFilter(meant, lane), dryRun }))
    .filter(({ filter }) => filter.positions === undefined || filter.positions.length > 0)
    .map(({ tenant: of, destination: to, filter }) => ({ tenant: of, destination: to, filter, dryRun }))
}

function toFilter({ ids, reason, device, olderThan }: Meant, lane: LaneReport): QuarantineOrder['filter'] {
  const own = ids?.filter(id => isEntryOf(id, lane)).map(id => parseEntryId(id)?.position ?? 0)
  return {
    ...(own !== undefined && { positions: own }),
    ...(reason !== undefined && { reason }),
    ...(device !== undefined && { device }),
    ...(olderThan !== undefined && { before: Date.now() - olderThan }),
  }
}

function isEntryOf(id: string, lane: LaneReport): boolean {
  const place = parseEntryId(id)
  return place !== undefined && isOf(lane, place)
}

function join(reports: readonly ReplayReport[]): ReplayReport {
  return {
    finished: reports.every(({ finished }) => finished),
    outcomes: sum(reports.map(({ outcomes }) => outcomes)),
    refusals: sum(reports.map(({ refusals }) => refusals)),
    entries: reports.flatMap(({ entries }) => entries).slice(0, ENTRIES_TOLD),
  }
}

function sum(parts: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const total: Record<string, number> = {}
  for (const [name, count] of parts.flatMap(part => Object.entries(part))) {
    total[name] = (total[name] ?? 0) + count
  }
  return total
}

function createRunningProblem(order: QuarantineOrder | undefined): ProblemError {
  const detail = `${order?.tenant}/${order?.destination}: a replay is under way; it goes on by itself`
  return new ProblemError({ status: 409, title: 'A replay is running', detail, code: 'REPLAY_RUNNING' })
}

function createUnknownLaneProblem(
  lanes: readonly LaneReport[],
  { tenant = '*', destination = '*' }: { tenant?: string | undefined; destination?: string | undefined },
): ProblemError {
  const known = lanes.map(lane => `${lane.tenant}/${lane.destination}`).join(', ')
  const detail = `expected one of the lanes ${known}, got ${tenant}/${destination}`
  return new ProblemError({ status: 404, title: 'Lane not found', detail, code: 'LANE_UNKNOWN' })
}
