/** A sample of a profile: what a device sends, and the whole entities that must come of it. Samples are tests. */
import { z } from 'zod'

/** When a sample was received, if it does not say: a fixed time, so that its entities are always the same. */
const RECEIVED_AT = '2026-01-15T09:00:00Z'
const PAYLOAD_EXPECTATION = 'expected exactly one of json, text, hex'
const PORT_EXPECTATION = 'expected hex beside fPort, the bytes of a LoRaWAN frame'

const payloadSchema = z
  .strictObject({
    json: z.json().optional(),
    text: z.string().optional(),
    hex: z
      .string()
      .regex(/^(?:\s*[0-9a-f]{2})*\s*$/i, 'expected pairs of hexadecimal digits')
      .optional(),
    /** The bytes are a LoRaWAN frame of this port, and arrive as a network server would send them. */
    fPort: z.int().min(0).max(255).optional(),
  })
  .refine(
    ({ json, text, hex }) => [json, text, hex].filter(form => form !== undefined).length === 1,
    PAYLOAD_EXPECTATION,
  )
  .refine(({ hex, fPort }) => fPort === undefined || hex !== undefined, PORT_EXPECTATION)

const deviceSchema = z.strictObject({
  id: z.string().min(1),
  name: z.string().optional(),
  placement: z.string().optional(),
  location: z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]).optional(),
  attributes: z.record(z.string(), z.unknown()).default({}),
})

const TIME_EXPECTATION = 'expected a time such as 2026-01-15T09:00:00Z'
const receivedAtSchema = z.iso.datetime({ offset: true, error: TIME_EXPECTATION }).default(RECEIVED_AT)

const earlierMessageSchema = z.strictObject({
  topic: z.string().min(1),
  payload: payloadSchema,
  receivedAt: receivedAtSchema,
})

export const sampleSchema = z.strictObject({
  name: z.string().min(1),
  /** Messages that came before, for formats that are understood by what was said earlier. Nothing is expected of them. */
  before: z.array(earlierMessageSchema).default([]),
  payload: payloadSchema,
  topic: z.string().min(1).optional(),
  receivedAt: receivedAtSchema,
  tenant: z.string().min(1).default('sample'),
  device: deviceSchema,
  /** Whole entities, compared exactly. None, for a message of which nothing is to be made. */
  entities: z.array(z.record(z.string(), z.unknown())),
})

export type Sample = z.output<typeof sampleSchema>
