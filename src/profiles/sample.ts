/** A sample of a profile: what a device sends, and the whole entities that must come of it. Samples are tests. */
import { z } from 'zod'

/** When a sample was received, if it does not say: a fixed time, so that its entities are always the same. */
const RECEIVED_AT = '2026-01-15T09:00:00Z'
const PAYLOAD_EXPECTATION = 'expected exactly one of json, text, hex'
const PORT_EXPECTATION = 'expected hex beside fPort, the bytes of a LoRaWAN frame'

const payloadSchema = z
  .strictObject({
    json: z.json().optional().describe('The payload as JSON.'),
    text: z.string().optional().describe('The payload as text.'),
    hex: z
      .string()
      // A pattern of JSON Schema has no flags, so it says both cases.
      .regex(/^(?:\s*[0-9A-Fa-f]{2})*\s*$/, 'expected pairs of hexadecimal digits')
      .optional()
      .describe('The payload as bytes: pairs of hexadecimal digits, with spaces or without.'),
    fPort: z
      .int()
      .min(0)
      .max(255)
      .optional()
      .describe('`hex` is a LoRaWAN frame of this port, and arrives as a network server would send it.'),
  })
  .refine(
    ({ json, text, hex }) => [json, text, hex].filter(form => form !== undefined).length === 1,
    PAYLOAD_EXPECTATION,
  )
  .refine(({ hex, fPort }) => fPort === undefined || hex !== undefined, PORT_EXPECTATION)
  .meta({ oneOf: ['json', 'text', 'hex'].map(form => ({ required: [form] })) })

const deviceSchema = z.strictObject({
  id: z.string().min(1).describe('The id that the device is provisioned with.'),
  name: z.string().optional().describe('What people call it.'),
  placement: z.string().optional().describe('Where it is mounted, such as `indoor`.'),
  location: z
    .tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)])
    .optional()
    .describe('Longitude and latitude.'),
  attributes: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('What the administrator knows of it, read by mappings as `device.attributes.…`.'),
})

const TIME_EXPECTATION = 'expected a time such as 2026-01-15T09:00:00Z'
const receivedAtSchema = z.iso
  .datetime({ offset: true, error: TIME_EXPECTATION })
  .default(RECEIVED_AT)
  .describe('When the message was received.')

const earlierMessageSchema = z
  .strictObject({
    topic: z.string().min(1).describe('The topic of the message.'),
    receivedAt: receivedAtSchema,
    payload: payloadSchema.describe('Its payload.'),
  })
  .meta({ id: 'earlierMessage' })

export const sampleSchema = z
  .strictObject({
    name: z.string().min(1).describe('What the sample shows.'),
    before: z
      .array(earlierMessageSchema)
      .default([])
      .describe(
        'Messages that came before, for formats that are understood by what was said earlier; nothing is expected of them.',
      ),
    topic: z
      .string()
      .min(1)
      .optional()
      .describe('The topic of the message; `tromost/<device>/up` if absent, with `fPort` that of an uplink.'),
    receivedAt: receivedAtSchema,
    payload: payloadSchema.describe('The payload: exactly one of `json`, `text`, `hex`.'),
    tenant: z.string().min(1).default('sample').describe('The tenant of the device.'),
    device: deviceSchema.describe('What is provisioned of the device.'),
    entities: z
      .array(z.record(z.string(), z.unknown()))
      .describe('The whole entities, compared exactly; `[]` for a message of which nothing is to be made.'),
  })
  .meta({ id: 'sample' })

export type Sample = z.output<typeof sampleSchema>
