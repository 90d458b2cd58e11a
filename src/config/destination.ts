/** Where entities go, and how a destination is treated. */
import { z } from 'zod'
import { authSchema, httpAddress, tlsSchema } from './auth.ts'
import { destinationContext } from './context-address.ts'
import { duration, size } from './units.ts'

const DIALECTS = [
  ...(['ngsi-ld', 'orion-ld', 'scorpio', 'stellio'] as const),
  ...(['ngsi-ld-single', 'ngsi-v2', 'preview'] as const),
] as const

export const destinationSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, {
        error: 'expected lower-case letters, digits, - or _, at most 50',
      })
      .describe('What tenants call it.'),
    dialect: z
      .enum(DIALECTS)
      .describe(
        'ngsi-ld: any NGSI-LD broker. orion-ld, scorpio, stellio: these, with their ways. ngsi-v2: Orion. ngsi-ld-single: one without batches. preview: the last value of every entity, in memory.',
      ),
    url: httpAddress.optional().describe('The context broker; needed for all but preview.'),
    context: destinationContext
      .optional()
      .describe(
        'Address of the @context of every entity, in place of those that the profiles name; the broker must be able to reach it. none: no @context at all. expanded: full names in place of it, as far as the Smart Data Models define them. hosted: the same names as those of the profiles, from this agent at http.publicUrl.',
      ),
    auth: authSchema.default({ kind: 'none' }).describe('How requests are authorised.'),
    tls: tlsSchema
      .optional()
      .describe('For https; its files are read again when they change. Without it those of the system.'),
    compression: z
      .enum(['none', 'gzip'])
      .default('none')
      .describe('Of the bodies of requests. Few brokers take gzip; a gateway may.'),
    batch: z
      .strictObject({
        maxEntities: z.int().min(1).max(1_000).default(100).describe('Entities of one request.'),
        maxBytes: size('900KiB').describe('Body of one request.'),
        linger: duration('50ms').describe('How long the first entity waits for others.'),
      })
      .prefault({})
      .describe('A batch closes at whichever comes first.'),
    concurrency: z
      .strictObject({
        min: z.int().min(1).default(1).describe('At the start, and however slow the broker is.'),
        max: z.int().min(1).max(64).default(8).describe('At most.'),
      })
      .refine(({ min, max }) => min <= max, { error: 'expected min to be at most max' })
      .prefault({})
      .describe('Requests at once: more while answers take no longer, half as many when they do or fail.'),
    timeouts: z
      .strictObject({
        connect: duration('3s').describe('To connect.'),
        headers: duration('10s').describe('Until the answer begins.'),
        body: duration('10s').describe('From there to its end.'),
      })
      .prefault({})
      .describe('How long to wait for the broker.'),
    retry: z
      .strictObject({
        initial: duration('250ms').describe('After the first failure.'),
        max: duration('30s').describe('At most.'),
        retryAfterMax: duration('1h').describe('At most where the broker asks for more (Retry-After).'),
        alarmMax: duration('5m').describe(
          'At most where waiting alone does not help, as with a wrong login.',
        ),
      })
      .prefault({})
      .describe('The pause after a failure doubles from the first to the bound, for ever.'),
  })
  .refine(({ dialect, url }) => dialect === 'preview' || url !== undefined, {
    path: ['url'],
    error: 'expected the address of the context broker',
  })
  .refine(({ tls, url }) => tls === undefined || url === undefined || url.startsWith('https:'), {
    path: ['url'],
    error: 'expected an https address, as there is tls',
  })
  .refine(({ auth, tls }) => auth.kind !== 'mtls' || tls?.certFile !== undefined, {
    path: ['tls'],
    error: 'expected certFile and keyFile, which auth of the kind mtls needs',
  })
  .refine(({ dialect, context }) => dialect !== 'ngsi-v2' || context === undefined, {
    path: ['context'],
    error: 'expected none here, as NGSIv2 knows no @context',
  })
  .meta({ id: 'destination' })

export type DestinationConfig = z.output<typeof destinationSchema>
