/** What is answered about lanes, and what they account for. */
import { z } from 'zod'

export const timeSchema = z.iso.datetime().describe('UTC.')
const count = z.int().min(0)
const countsSchema = z.record(z.string(), count)

export const laneSchema = z
  .object({
    tenant: z.string(),
    destination: z.string(),
    waiting: count.describe('Messages that are not settled yet.'),
    receivedPerMinute: count
      .optional()
      .describe('Messages, over the last minute; not there just after the start.'),
    deliveredPerMinute: count.optional(),
    requestsInFlight: count,
    trouble: z.string().optional().describe('Why the destination takes nothing at present.'),
    alarm: z.string().optional().describe('The code of an error that somebody has to look after.'),
    breaker: z.enum(['closed', 'open', 'half-open']),
    retryInMs: z.number().optional(),
    concurrency: z.number().describe('Requests that may be under way at once at present.'),
    roundTripMs: z.number().optional(),
    attributesLate: count,
    doubtfulTimes: count,
    quarantine: z.object({ bytes: count, maxBytes: z.number() }),
    broker: z
      .object({
        name: z.string(),
        version: z.string().optional(),
        batches: z.boolean().optional(),
        maxEntities: z.number().optional(),
        maxBytes: z.number().optional(),
        misfits: z.array(z.string()).describe('What does not fit between it and the configuration.'),
      })
      .optional()
      .describe('Which broker it is, once it has told.'),
    refusals: countsSchema.describe('Messages that went to quarantine since the start, by error code.'),
    alarms: z
      .array(z.object({ code: z.string(), messages: count, since: timeSchema }))
      .describe('What is in quarantine now, by error code.'),
  })
  .meta({ id: 'lane' })

const termsSchema = z.object({
  received: count,
  delivered: count,
  quarantined: count,
  discarded: count,
  expired: count,
  skipped: count,
  duplicates: count,
  waiting: count,
})

const totalSchema = termsSchema.extend({ lanes: count, holds: z.boolean() })

export const balanceSchema = z
  .object({
    holds: z.boolean().describe('Whether every message that was received is accounted for.'),
    tenants: z
      .array(termsSchema.extend({ tenant: z.string(), destination: z.string(), holds: z.boolean() }))
      .describe('A row for each lane.'),
    totals: z.array(totalSchema.extend({ tenant: z.string() })),
    total: totalSchema,
  })
  .meta({ id: 'balance' })

export const discardedSchema = z
  .object({ dryRun: z.boolean(), messages: count.describe('How many left the quarantine, or would.') })
  .meta({ id: 'discarded' })

export const rewoundSchema = z
  .object({
    dryRun: z.boolean(),
    finished: z.boolean().describe('false: it is done once the last requests of the lane have ended.'),
    position: count.describe('The first message that is sent again.'),
    from: timeSchema.optional().describe('When the record that holds it was stored.'),
    messages: count.describe('How many are sent again.'),
    quarantined: count.describe('Those of them that leave the quarantine for it.'),
  })
  .meta({ id: 'rewound' })

export const entitySchema = z
  .looseObject({ id: z.string(), type: z.string() })
  .meta({ id: 'ngsiLdEntity', description: 'An NGSI-LD entity without @context.' })

export const replaySchema = z
  .object({
    dryRun: z.boolean(),
    finished: z.boolean().describe('false: the rest is under way, and goes on by itself.'),
    outcomes: countsSchema.describe('Messages by what became of them, or would.'),
    refusals: countsSchema.describe('Those of them that stay in quarantine, by error code.'),
    entries: z
      .array(
        z.object({
          id: z.string(),
          outcome: z.enum(['delivered', 'skipped', 'quarantined', 'duplicate']),
          code: z.string().optional(),
          detail: z.string().optional(),
          entities: z.array(entitySchema).optional().describe('Of a dry run: what would be sent.'),
        }),
      )
      .describe('What became of the first of them.'),
  })
  .meta({ id: 'replay' })
