/** An envelope: JSON that a network server puts around a device's bytes, described by the paths to what it carries. */
import { z } from 'zod'
import { pathSchema, timezoneSchema } from './formats-scalars.ts'

export const envelopeSchema = z.strictObject({
  /** The device's bytes, as text. */
  bytes: pathSchema,
  encoding: z.enum(['base64', 'hex']).default('base64'),
  fPort: pathSchema.optional(),
  fCnt: pathSchema.optional(),
  observedAt: pathSchema.optional(),
  timezone: timezoneSchema,
  /** A list with an item for each gateway that heard the frame; of them the one that heard it best counts. */
  gateways: pathSchema.optional(),
  /** In dBm and dB: from the item of a gateway where there is a list of them, else from the root. */
  rssi: pathSchema.optional(),
  snr: pathSchema.optional(),
})

export type EnvelopeFormat = z.output<typeof envelopeSchema>
