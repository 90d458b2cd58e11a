/** Formats in bytes that a profile describes: a fixed layout, records by channel, words by a mask; and Cayenne LPP, which describes itself. */
import { z } from 'zod'
import { type Fields, fieldsSchema } from './formats-fields.ts'
import { fPortSchema, timezoneSchema, valueNameSchema } from './formats-scalars.ts'

/** A key of a record: one to four bytes, such as `01 75`. */
const CHANNEL = /^[0-9A-Fa-f]{2}(?: ?[0-9A-Fa-f]{2}){0,3}$/
const CHANNEL_EXPECTATION = 'expected one to four bytes such as "01 75" in quotes'
const SKIP_EXPECTATION = 'expected how many bytes follow, or rest'
const HEX = /^(?: ?[0-9A-Fa-f]{2})+$/
const FPORT = /^(?:0|[1-9]\d{0,2})$/
const BYTES_MAX = 1024
const GROUPS_MAX = 16

const portsSchema = z.union([fPortSchema, z.array(fPortSchema).min(1)])

const time = {
  observedAt: valueNameSchema.optional().describe('The name of the field that is the observed time.'),
  timezone: timezoneSchema,
}

const layoutShape = {
  length: z
    .int()
    .min(1)
    .max(BYTES_MAX)
    .optional()
    .describe('Exactly so many bytes; at least as many as the fields need when absent.'),
  starts: z
    .string()
    .regex(HEX, 'expected pairs of hexadecimal digits')
    .optional()
    .describe('The bytes that it starts with, such as `80 00 01`.'),
  fields: fieldsSchema.describe('The fields in order; `{}` for a frame of which nothing is to be made.'),
}

const layoutSchema = z.strictObject(layoutShape).meta({ id: 'layout' })

/** One layout, or several that their lengths and first bytes tell apart: the first that fits is taken. */
const layoutsSchema = z.union([layoutSchema, z.array(layoutSchema).min(1)])

export const bytesSchema = z
  .strictObject({
    ...layoutShape,
    fields: layoutShape.fields.optional(),
    ...time,
    layouts: z
      .array(layoutSchema)
      .min(1)
      .optional()
      .describe('Several layouts: the first that fits by its length and first bytes is taken.'),
    fPort: z
      .record(z.string().regex(FPORT, 'expected an fPort from 0 to 255'), layoutsSchema)
      .optional()
      .describe('A layout, or a list of them, for each LoRaWAN port; a message on another port is refused.'),
  })
  .superRefine((bytes, context) => {
    const { fields, layouts, fPort } = bytes
    if ([fields, layouts, fPort].filter(way => way !== undefined).length !== 1) {
      context.addIssue({ code: 'custom', message: 'expected exactly one of fields, layouts, fPort' })
    }
    for (const key of ['length', 'starts'] as const) {
      if (bytes[key] !== undefined && fields === undefined) {
        context.addIssue({ code: 'custom', path: [key], message: `expected ${key} beside fields` })
      }
    }
  })

const ignoreSchema = z.strictObject({
  fPort: portsSchema.optional().describe('Frames of these LoRaWAN ports.'),
  shorterThan: z.int().min(1).max(BYTES_MAX).optional().describe('Frames of fewer bytes than these.'),
})

const channelOptions = {
  fPort: portsSchema.optional().describe('A LoRaWAN port or a list of them; others are refused.'),
  ignore: ignoreSchema
    .default({})
    .describe('Frames that are no records, such as answers to a command: nothing is made of them.'),
  header: fieldsSchema.optional().describe('Fields before the first record; they belong to every reading.'),
  trailer: z
    .int()
    .min(0)
    .max(BYTES_MAX)
    .default(0)
    .describe('How many bytes follow the last record, such as a checksum.'),
  skipUnknown: z
    .record(z.string(), z.union([z.int().min(0).max(BYTES_MAX), z.literal('rest', SKIP_EXPECTATION)]))
    .superRefine(checkChannels)
    .default({})
    .describe('Records that are passed over: how many bytes follow their key, or all the rest.'),
  ...time,
}

const channelOptionsSchema = z.object(channelOptions)

/** Records by their keys, in quotes because YAML takes 0175 for a number; and beside them what surrounds the records. */
export const channelsSchema = z
  .object(channelOptions)
  .catchall(fieldsSchema)
  .superRefine((channels, context) => {
    const records = Object.keys(channels).filter(key => !Object.hasOwn(channelOptions, key))
    checkChannels(Object.fromEntries(records.map(key => [key, true])), context)
    if (records.length === 0) context.addIssue({ code: 'custom', message: 'expected at least one record' })
  })

/** The records by their keys, apart from what surrounds them. */
export function splitChannels(
  channels: ChannelsFormat,
): ChannelOptions & { readonly records: ChannelRecords } {
  const records = Object.entries(channels).filter(([key]) => !Object.hasOwn(channelOptions, key))
  return {
    ...channelOptionsSchema.parse(channels),
    records: records.map(([key, fields]) => [key, fieldsSchema.parse(fields)]),
  }
}

export const wordsSchema = z.strictObject({
  version: z.int().min(0).max(255).default(2).describe('The first byte of every frame.'),
  groups: z
    .array(fieldsSchema)
    .min(1)
    .max(GROUPS_MAX)
    .describe('The n-th group is there when bit n of the mask is set; its fields follow one another.'),
})

export const cayenneSchema = z.strictObject({})

export type Layout = z.output<typeof layoutSchema>
export type BytesFormat = z.output<typeof bytesSchema>
export type ChannelsFormat = z.output<typeof channelsSchema>
export type ChannelOptions = z.output<typeof channelOptionsSchema>
export type ChannelRecords = readonly (readonly [key: string, fields: Fields])[]
export type WordsFormat = z.output<typeof wordsSchema>
export type CayenneFormat = z.output<typeof cayenneSchema>

function checkChannels(byChannel: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void {
  for (const name of Object.keys(byChannel).filter(key => !CHANNEL.test(key))) {
    const message = `${CHANNEL_EXPECTATION} instead of ${name}`
    context.addIssue({ code: 'custom', path: [name], message })
  }
}
