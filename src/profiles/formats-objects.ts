/** Formats whose payload names its values: JSON, CBOR, MessagePack; SenML, which is a list of records; Sparkplug B, which is one of metrics. */
import { z } from 'zod'
import { pathSchema, timezoneSchema, topicNamesSchema, valueNameSchema } from './formats-scalars.ts'

/** JSON, CBOR and MessagePack say the same things in other bytes. */
export const objectSchema = z
  .strictObject({
    path: pathSchema.optional().describe('The part that holds the values; the whole payload when absent.'),
    each: valueNameSchema
      .optional()
      .describe('Each object in that part is a reading, and this value is the name that it has there.'),
    observedAt: pathSchema.optional().describe('Where the observed time is, from the root of the payload.'),
    timezone: timezoneSchema,
    messageId: pathSchema
      .optional()
      .describe(
        'Where an id is that no other message of the device has, from the root of the payload: one that comes again is a duplicate.',
      ),
  })
  .meta({ id: 'object' })

export const jsonSchema = objectSchema.extend({
  names: topicNamesSchema
    .optional()
    .describe('Topics whose payload is one value, and which name it: `shellies/+/relay/{channel}/{name}`.'),
})

export const senmlSchema = z.strictObject({
  name: valueNameSchema
    .default('value')
    .describe('The name of a value whose record has a base name and no name.'),
})

/** Payload and births say all that there is to say. */
export const sparkplugSchema = z.strictObject({})

export type ObjectFormat = z.output<typeof objectSchema>
export type JsonFormat = z.output<typeof jsonSchema>
export type SenmlFormat = z.output<typeof senmlSchema>
export type SparkplugFormat = z.output<typeof sparkplugSchema>
