/** What is in quarantine and why. Oldest first, lane after lane, in pages. Read only. */
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { showValue } from '../document.ts'
import type { LaneReport } from '../draining/draining.ts'
import type { QuarantinedMessage } from '../journal/quarantine.ts'
import { sendProblem } from './problem.ts'

export interface QuarantineSources {
  getLanes(): Promise<readonly LaneReport[]>
  listQuarantine(query: {
    readonly tenant: string
    readonly destination: string
    readonly after?: number
    readonly limit: number
  }): Promise<readonly QuarantinedMessage[]>
}

const querySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  /** The id of the last entry that was seen. */
  cursor: z
    .string()
    .regex(/^[^/]+\/[^/]+\/\d+$/, { error: 'expected the id of an entry' })
    .optional(),
})

type Query = z.output<typeof querySchema>

export function addQuarantineRoutes(server: FastifyInstance, sources: QuarantineSources): void {
  server.get('/api/v1/quarantine', async (request, reply) => {
    const query = querySchema.safeParse(request.query)
    const entries = query.success ? await readPage(query.data, sources) : undefined
    if (entries !== undefined) return toPage(entries, query.data?.limit ?? 0)
    const detail = query.success
      ? `cursor: expected the id of an entry, got ${showValue(query.data.cursor)}, whose lane is gone`
      : query.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; ')
    return sendProblem(reply, { status: 400, title: 'Bad query', detail })
  })
}

/** Nothing when the cursor names a lane that there is not. */
async function readPage(
  { limit, cursor }: Query,
  { getLanes, listQuarantine }: QuarantineSources,
): Promise<readonly QuarantinedMessage[] | undefined> {
  const [tenant, destination, position] = cursor?.split('/') ?? []
  const lanes = await getLanes()
  const isSeen = (lane: LaneReport) => lane.tenant === tenant && lane.destination === destination
  const start = cursor === undefined ? 0 : lanes.findIndex(isSeen)
  if (start < 0) return undefined
  const entries: QuarantinedMessage[] = []
  for (const lane of lanes.slice(start)) {
    if (entries.length >= limit) break
    const after = isSeen(lane) ? { after: Number(position) } : {}
    entries.push(...(await listQuarantine({ ...lane, ...after, limit: limit - entries.length })))
  }
  return entries
}

function toPage(entries: readonly QuarantinedMessage[], limit: number) {
  const last = entries.length < limit ? undefined : entries.at(-1)
  return { entries: entries.map(toEntry), ...(last !== undefined && { next: last.id }) }
}

function toEntry({ payload, receivedAt, quarantinedAt, ...entry }: QuarantinedMessage) {
  return {
    ...entry,
    receivedAt: new Date(receivedAt).toISOString(),
    quarantinedAt: new Date(quarantinedAt).toISOString(),
    payload: payload.toString('base64'),
  }
}
