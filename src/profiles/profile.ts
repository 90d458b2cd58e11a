/** What a profile is: a device type as data. This schema checks profiles from files and from the admin API alike. */
import { z } from 'zod'
import { contextAddress } from '../config/context-address.ts'
import { parseDuration } from '../config/units.ts'
import { attributeSchema, templateSchema } from './attribute.ts'
import { decodeSchema } from './formats.ts'
import { sampleSchema } from './sample.ts'

const NAME = /^[A-Za-z][A-Za-z0-9_]*$/
/** Members of an entity that are no attributes (ETSI GS CIM 009, 4.5.1). */
const RESERVED_NAMES = new Set(['id', 'type', 'scope', '@context'])

const INTERVAL_EXPECTATION = 'expected a duration with its unit, such as 10m or 1h'
const SAMPLES_EXPECTATION = 'expected a list with at least one sample'
const TYPE_EXPECTATION = 'expected an entity type of letters, digits and _, or one for each placement'

const text = z.string().min(1)
const typeName = z.string({ error: TYPE_EXPECTATION }).regex(NAME, TYPE_EXPECTATION)

const entitySchema = z.strictObject({
  type: z.union([typeName, z.object({ default: typeName }).catchall(typeName)]),
  id: templateSchema.default('urn:ngsi-ld:{type}:{device.id}'),
  context: z
    .union([contextAddress, z.object({ default: contextAddress }).catchall(contextAddress)])
    .optional(),
  attributes: z.record(z.string(), attributeSchema).superRefine((attributes, context) => {
    for (const name of Object.keys(attributes).filter(key => !isAttributeName(key))) {
      const message = `expected a name of letters, digits and _ that is not reserved instead of "${name}"`
      context.addIssue({ code: 'custom', path: [name], message })
    }
  }),
})

export const profileSchema = z.strictObject({
  id: z
    .string()
    .regex(
      /^[a-z0-9]+(?:-[a-z0-9]+)*$/,
      'expected small letters, digits and hyphens, such as milesight-ws302',
    ),
  vendor: text,
  model: text,
  description: z.strictObject({ en: text, sl: text }),
  /** Where the numbers come from. */
  source: text,
  /** Milliseconds between messages, as the device is usually set. */
  interval: z.string().transform((duration, context) => {
    const intervalMs = parseDuration(duration)
    if (intervalMs !== undefined && intervalMs > 0) return intervalMs
    context.addIssue({ code: 'custom', message: INTERVAL_EXPECTATION })
    return z.NEVER
  }),
  decode: decodeSchema,
  /** What a value that does not fit takes with it: its attribute, or the whole message. */
  outOfRange: z.enum(['omit', 'quarantine']).default('omit'),
  entities: z.array(entitySchema).min(1),
  samples: z.array(sampleSchema, { error: SAMPLES_EXPECTATION }).min(1, SAMPLES_EXPECTATION),
})

export type Profile = z.output<typeof profileSchema>
export type EntityProfile = z.output<typeof entitySchema>

function isAttributeName(name: string): boolean {
  return NAME.test(name) && !RESERVED_NAMES.has(name)
}
