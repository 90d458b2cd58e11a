/** What is answered about messages on their way. */
import { z } from 'zod'
import { entitySchema, timeSchema } from './lane-answers.ts'

export const leftOutSchema = z.array(
  z.object({
    what: z.string().describe('Such as `WeatherObserved.temperature`.'),
    reason: z.string(),
    reading: z.int().describe('Of which reading, from 0.'),
  }),
)
export const faultSchema = z.object({ code: z.string(), detail: z.string() })
export const readingsSchema = z.array(
  z.object({ observedAt: timeSchema, values: z.unknown().describe('As the profile decodes them.') }),
)

const deliverySchema = z.object({
  destination: z.string(),
  outcome: z
    .enum(['delivered', 'skipped', 'quarantined', 'duplicate', 'settled', 'waiting'])
    .describe('settled: before what is remembered.'),
  code: z.string().optional().describe('Of what went to quarantine.'),
  detail: z.string().optional(),
  settledAt: timeSchema.optional(),
  trouble: z.string().optional().describe('Why the destination takes nothing at present.'),
  requests: z
    .array(z.object({ method: z.string(), url: z.string(), headers: z.record(z.string(), z.string()) }))
    .describe('Where it is sent to; headers without what is secret.'),
  answers: z
    .array(
      z.object({
        entity: z.string(),
        sentAt: timeSchema,
        answeredAt: timeSchema,
        entities: z.int().describe('How many the request carried.'),
        status: z.int().optional().describe('Of the HTTP answer.'),
        words: z.string(),
      }),
    )
    .describe('What the destination said last of each entity.'),
})

const messageSchema = z
  .object({
    tenant: z.string(),
    device: z.string(),
    position: z.int(),
    topic: z.string(),
    qos: z.int(),
    receivedAt: timeSchema,
    storedAt: timeSchema.optional(),
    payload: z.object({ bytes: z.int(), hex: z.string(), text: z.string().optional() }),
    profile: z.string().optional(),
    readings: readingsSchema.optional(),
    entities: z.array(entitySchema).optional(),
    leftOut: leftOutSchema.optional(),
    fault: faultSchema.optional(),
    destinations: z.array(deliverySchema),
  })
  .meta({ id: 'message' })

export const messagesSchema = z.object({
  tenant: z.string(),
  device: z.string(),
  messages: z.array(messageSchema),
  scanned: z.int().describe('How many messages of the tenant were looked at.'),
  isComplete: z.boolean().describe('Whether there are none before these.'),
})

export const TAIL = {
  description: 'A line of JSON for each message; an empty line from time to time.',
  content: { 'application/x-ndjson': { schema: z.string() } },
}
