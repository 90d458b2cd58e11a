/** What a profile is: a device type as data. This schema checks profiles from files and from the admin API alike. */
import { z } from 'zod'
import { contextAddress } from '../config/context-address.ts'
import { DURATION_PATTERN, parseDuration } from '../config/units.ts'
import { attributeSchema, templateSchema } from './attribute.ts'
import { decodeSchema } from './formats.ts'
import { isAttributeName, NAME_PATTERN } from './names.ts'
import { sampleSchema } from './sample.ts'

const INTERVAL_EXPECTATION = 'expected a duration with its unit, such as 10m or 1h'
/** A sensor that speaks less than once a year is not told from one that is dead. */
const INTERVAL_MS_MAX = 366 * 24 * 3_600_000
const SAMPLES_EXPECTATION = 'expected a list with at least one sample'
const TYPE_EXPECTATION = 'expected an entity type of letters, digits and _, or one for each placement'

const text = z.string().min(1)
const typeName = z.string({ error: TYPE_EXPECTATION }).regex(NAME_PATTERN, TYPE_EXPECTATION)

/** The id of an entity whose profile names none. */
export const USUAL_ENTITY_ID = 'urn:ngsi-ld:{type}:{device.id}'

const entitySchema = z
  .strictObject({
    type: z
      .union([typeName, z.object({ default: typeName }).catchall(typeName)])
      .describe('The entity type, or one for each placement of the device: `{ default, indoor, … }`.'),
    id: templateSchema
      .default(USUAL_ENTITY_ID)
      .describe('A template of the id, with `{type}`, `{tenant}` and `{device.…}`.'),
    context: z
      .union([contextAddress, z.object({ default: contextAddress }).catchall(contextAddress)])
      .optional()
      .describe(
        'Address of the Smart Data Models context that the type and its attributes belong to, or one for each placement.',
      ),
    attributes: z
      .record(z.string(), attributeSchema)
      .superRefine((attributes, context) => {
        for (const name of Object.keys(attributes).filter(key => !isAttributeName(key))) {
          const message = `expected a name of letters, digits and _ that is not reserved instead of "${name}"`
          context.addIssue({ code: 'custom', path: [name], message })
        }
      })
      .describe('Attributes by name: letters, digits and `_`, a letter first; not `id`, `type`, `scope`.'),
  })
  .meta({ id: 'entity' })

export const profileSchema = z.strictObject({
  id: z
    .string()
    .max(100)
    .regex(
      /^[a-z0-9]+(?:-[a-z0-9]+)*$/,
      'expected small letters, digits and hyphens, such as milesight-ws302',
    )
    .describe('`<vendor>-<model>` in small letters, digits and hyphens; once in all folders.'),
  vendor: text.describe('The maker, as it writes itself.'),
  model: text.describe('The model, as the maker writes it.'),
  description: z
    .strictObject({ en: text.describe('In English.'), sl: text.describe('In Slovenian.') })
    .describe('What it is and how it is connected, in a few words of each language.'),
  source: text.describe('Where the numbers come from: an address, or words.'),
  interval: z
    .string()
    .meta({ pattern: DURATION_PATTERN })
    .transform((duration, context) => {
      const intervalMs = parseDuration(duration)
      const isThere = intervalMs !== undefined && intervalMs > 0
      if (isThere && intervalMs <= INTERVAL_MS_MAX) return intervalMs
      const message = isThere ? 'expected at most 366d' : INTERVAL_EXPECTATION
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    })
    .describe('The usual time between messages, such as `10m` or `1h`.'),
  decode: decodeSchema.describe('How a payload is read: exactly one format.'),
  outOfRange: z
    .enum(['omit', 'quarantine'])
    .default('omit')
    .describe('What a value that does not fit takes with it: its attribute, or the whole message.'),
  entities: z.array(entitySchema).min(1).describe('What is made of a reading: one entity or more.'),
  samples: z
    .array(sampleSchema, { error: SAMPLES_EXPECTATION })
    .min(1, SAMPLES_EXPECTATION)
    .describe('What the device sends, and the whole entities that must come of it. They are its tests.'),
})

export type Profile = z.output<typeof profileSchema>
export type EntityProfile = z.output<typeof entitySchema>
