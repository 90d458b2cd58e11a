/** What is in quarantine and why. Oldest first, lane after lane, in pages. Read only. */
import { z } from 'zod'
import { showValue } from '../document.ts'
import type { LaneReport } from '../draining/protocol.ts'
import type { QuarantinedMessage, QuarantinePlace } from '../journal/quarantine.ts'
import type { QuarantineFilter } from '../journal/quarantine-filter.ts'
import type { Api } from './api.ts'
import { OPEN_ON_LOOPBACK, type SourcesOf } from './guard.ts'
import { timeSchema } from './lane-answers.ts'
import { type Cursors, nextSchema, pageQuery } from './paging.ts'
import { createProblem, ProblemError } from './problem.ts'

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

const LIST = '/api/v1/quarantine'
const ID = /^([^/]+)\/([^/]+)\/(\d{1,15})$/

const querySchema = z.strictObject({
  ...pageQuery,
  tenant: z.string().optional(),
  destination: z.string().optional(),
  reason: z.string().optional().describe('The error code.'),
  device: z.string().optional(),
})

type Query = z.output<typeof querySchema>

/** The last entry of a page. */
const seenSchema = z.tuple([z.string(), z.string(), z.number()])
type Seen = z.output<typeof seenSchema>

const entrySchema = z
  .object({
    id: z.string().describe('tenant/destination/position'),
    tenant: z.string(),
    destination: z.string(),
    position: z.int(),
    code: z.string(),
    detail: z.string(),
    device: z.string(),
    topic: z.string(),
    receivedAt: timeSchema,
    quarantinedAt: timeSchema,
    messages: z.int().describe('How many messages the entry stands for.'),
    payload: z.base64().describe('The message as it came.'),
  })
  .meta({ id: 'quarantineEntry' })

const pageSchema = z.object({ entries: z.array(entrySchema), next: nextSchema })

/** Where an entry is; nothing where the text is no id. */
export function parseEntryId(id: string): QuarantinePlace | undefined {
  const [, tenant, destination, position] = ID.exec(id) ?? []
  if (tenant === undefined || destination === undefined) return undefined
  return { tenant, destination, position: Number(position) }
}

export function addQuarantineRoutes(
  api: Api,
  sourcesOf: SourcesOf<QuarantineSources>,
  cursors: Cursors,
): void {
  const tags = ['quarantine']
  const read = async (id: string, sources: QuarantineSources) => {
    const place = parseEntryId(id)
    const entry = place && (await sources.getQuarantined(place))
    if (entry !== undefined) return toEntry(entry)
    const detail = `expected the id of an entry such as kranj/main/7, got ${showValue(id)}, which is not there`
    throw new ProblemError({ status: 404, title: 'Entry not found', detail, code: 'ENTRY_UNKNOWN' })
  }

  api.get(
    LIST,
    {
      ...OPEN_ON_LOOPBACK,
      schema: {
        summary: 'What is in quarantine, and why',
        tags,
        querystring: querySchema,
        response: { 200: pageSchema },
      },
    },
    async request => {
      const { query } = request
      const seen = cursors.read(LIST, query, seenSchema)
      const entries = await readPage(query, seen, sourcesOf(request))
      const last = entries.length < query.limit ? undefined : entries.at(-1)
      const next = last && cursors.make(LIST, query, [last.tenant, last.destination, last.position])
      return { entries: entries.map(toEntry), ...(next !== undefined && { next }) }
    },
  )

  const entry = { tags, response: { 200: entrySchema } }
  api.get(
    '/api/v1/quarantine/:id',
    {
      ...OPEN_ON_LOOPBACK,
      schema: {
        ...entry,
        summary: 'One entry, by its id with escaped slashes',
        params: z.object({ id: z.string() }),
      },
    },
    async request => read(request.params.id, sourcesOf(request)),
  )
  api.get(
    '/api/v1/quarantine/:tenant/:destination/:position',
    {
      ...OPEN_ON_LOOPBACK,
      schema: {
        ...entry,
        summary: 'One entry, by its id',
        params: z.object({ tenant: z.string(), destination: z.string(), position: z.string() }),
      },
    },
    async request => {
      const { tenant, destination, position } = request.params
      return read(`${tenant}/${destination}/${position}`, sourcesOf(request))
    },
  )
}

async function readPage(
  { limit, tenant, destination, reason, device }: Query,
  seen: Seen | undefined,
  { getLanes, listQuarantine }: QuarantineSources,
): Promise<readonly QuarantinedMessage[]> {
  const lanes = await getLanes()
  const isSeen = (lane: LaneReport) => lane.tenant === seen?.[0] && lane.destination === seen[1]
  const filter = { ...(reason !== undefined && { reason }), ...(device !== undefined && { device }) }
  const start = seen === undefined ? 0 : lanes.findIndex(isSeen)
  if (start < 0) {
    throw createProblem(
      'CURSOR_INVALID',
      `cursor: expected a lane that is there, got ${seen?.slice(0, 2).join('/')}`,
    )
  }
  const entries: QuarantinedMessage[] = []
  for (const lane of lanes.slice(start)) {
    if (entries.length >= limit) break
    if (!isOf(lane, { tenant, destination })) continue
    const after = seen !== undefined && isSeen(lane) ? { after: seen[2] } : {}
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

function toEntry({ payload, bytes: _bytes, receivedAt, quarantinedAt, ...entry }: QuarantinedMessage) {
  return {
    ...entry,
    receivedAt: new Date(receivedAt).toISOString(),
    quarantinedAt: new Date(quarantinedAt).toISOString(),
    payload: payload.toString('base64'),
  }
}
