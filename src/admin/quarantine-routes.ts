/** What is in quarantine and why. Oldest first, lane after lane, in pages. Read only. */
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { showValue } from '../document.ts'
import type { LaneReport } from '../draining/protocol.ts'
import type { QuarantinedMessage, QuarantinePlace } from '../journal/quarantine.ts'
import type { QuarantineFilter } from '../journal/quarantine-filter.ts'
import { OPEN_ON_LOOPBACK, type SourcesOf } from './guard.ts'
import { describeIssues, sendProblem } from './problem.ts'

export interface QuarantineSources {
  getLanes(): Promise<readonly LaneReport[]>
  listQuarantine(query: {
    readonly tenant: string
    readonly destination: string
    readonly filter: QuarantineFilter
    readonly after?: number
    readonly limit: number
  }): Promise<readonly QuarantinedMessage[]>
  getQuarantined(place: QuarantinePlace): Promise<QuarantinedMessage | undefined>
}

const ID = /^([^/]+)\/([^/]+)\/(\d{1,15})$/

const querySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  /** The id of the last entry that was seen. */
  cursor: z.string().regex(ID, { error: 'expected the id of an entry' }).optional(),
  tenant: z.string().optional(),
  destination: z.string().optional(),
  reason: z.string().optional(),
  device: z.string().optional(),
})

type Query = z.output<typeof querySchema>

/** Where an entry is; nothing where the text is no id. */
export function parseEntryId(id: string): QuarantinePlace | undefined {
  const [, tenant, destination, position] = ID.exec(id) ?? []
  if (tenant === undefined || destination === undefined) return undefined
  return { tenant, destination, position: Number(position) }
}

export function addQuarantineRoutes(server: FastifyInstance, sourcesOf: SourcesOf<QuarantineSources>): void {
  server.get('/api/v1/quarantine', OPEN_ON_LOOPBACK, async (request, reply) => {
    const sources = sourcesOf(request)
    const query = querySchema.safeParse(request.query)
    const entries = query.success ? await readPage(query.data, sources) : undefined
    if (entries !== undefined) return toPage(entries, query.data?.limit ?? 0)
    const detail = query.success
      ? `cursor: expected the id of an entry, got ${showValue(query.data.cursor)}, whose lane is gone`
      : describeIssues(query.error)
    return sendProblem(reply, { status: 400, title: 'Bad query', detail })
  })

  server.get<{ Params: { '*': string } }>(
    '/api/v1/quarantine/*',
    OPEN_ON_LOOPBACK,
    async (request, reply) => {
      const sources = sourcesOf(request)
      const id = request.params['*']
      const place = parseEntryId(id)
      const entry = place && (await sources.getQuarantined(place))
      if (entry !== undefined) return toEntry(entry)
      const detail = `expected the id of an entry such as kranj/main/7, got ${showValue(id)}, which is not there`
      return sendProblem(reply, { status: 404, title: 'Entry not found', detail, code: 'ENTRY_UNKNOWN' })
    },
  )
}

/** Nothing when the cursor names a lane that there is not. */
async function readPage(
  { limit, cursor, tenant, destination, reason, device }: Query,
  { getLanes, listQuarantine }: QuarantineSources,
): Promise<readonly QuarantinedMessage[] | undefined> {
  const seen = cursor === undefined ? undefined : parseEntryId(cursor)
  const lanes = await getLanes()
  const isSeen = (lane: LaneReport) => lane.tenant === seen?.tenant && lane.destination === seen.destination
  const start = seen === undefined ? 0 : lanes.findIndex(isSeen)
  if (start < 0) return undefined
  const filter = { ...(reason !== undefined && { reason }), ...(device !== undefined && { device }) }
  const entries: QuarantinedMessage[] = []
  for (const lane of lanes.slice(start)) {
    if (entries.length >= limit) break
    if (!isOf(lane, { tenant, destination })) continue
    const after = seen !== undefined && isSeen(lane) ? { after: seen.position } : {}
    entries.push(...(await listQuarantine({ ...lane, filter, ...after, limit: limit - entries.length })))
  }
  return entries
}

/** Whether a lane is one of those that are named by what is given. */
export function isOf(
  lane: Pick<LaneReport, 'tenant' | 'destination'>,
  named: { readonly tenant?: string | undefined; readonly destination?: string | undefined },
): boolean {
  return (
    (named.tenant === undefined || lane.tenant === named.tenant) &&
    (named.destination === undefined || lane.destination === named.destination)
  )
}

function toPage(entries: readonly QuarantinedMessage[], limit: number) {
  const last = entries.length < limit ? undefined : entries.at(-1)
  return { entries: entries.map(toEntry), ...(last !== undefined && { next: last.id }) }
}

function toEntry({ payload, bytes: _bytes, receivedAt, quarantinedAt, ...entry }: QuarantinedMessage) {
  return {
    ...entry,
    receivedAt: new Date(receivedAt).toISOString(),
    quarantinedAt: new Date(quarantinedAt).toISOString(),
    payload: payload.toString('base64'),
  }
}
