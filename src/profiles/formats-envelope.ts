/** An envelope: JSON that a network server puts around a device's bytes, described by the paths to what it carries. */
import { z } from 'zod'
import { pathSchema, timezoneSchema } from './formats-scalars.ts'

export const envelopeSchema = z.strictObject({
  bytes: pathSchema.describe("Where the device's bytes are, as text."),
  encoding: z.enum(['base64', 'hex']).default('base64').describe('How they are written.'),
  fPort: pathSchema.optional().describe('Where the LoRaWAN port is.'),
  fCnt: pathSchema.optional().describe('Where the frame counter is.'),
  messageId: pathSchema
    .optional()
    .describe('Where an id is that no other message of the device has: one that comes again is a duplicate.'),
  observedAt: pathSchema.optional().describe('Where the time is at which the network heard it.'),
  timezone: timezoneSchema,
  gateways: pathSchema
    .optional()
    .describe(
      'A list with an item for each gateway that heard the frame; the one that heard it best counts.',
    ),
  rssi: pathSchema
    .optional()
    .describe('In dBm: from the item of a gateway where there is a list of them, else from the root.'),
  snr: pathSchema.optional().describe('In dB, from the same place.'),
})

export type EnvelopeFormat = z.output<typeof envelopeSchema>
