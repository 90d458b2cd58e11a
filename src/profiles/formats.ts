/** THE TABLE of decode formats: each by its key in a profile. src/decode/formats.ts has a decoder for every one of them. */
import { z } from 'zod'
import { bytesSchema, cayenneSchema, channelsSchema, wordsSchema } from './formats-bytes.ts'
import { envelopeSchema } from './formats-envelope.ts'
import { jsonSchema, objectSchema, senmlSchema, sparkplugSchema } from './formats-objects.ts'
import { scriptSchema } from './formats-script.ts'
import { seriesSchema } from './formats-series.ts'
import { textSchema, ultralightSchema } from './formats-text.ts'

const FORMATS = {
  json: jsonSchema,
  text: textSchema,
  ultralight: ultralightSchema,
  senml: senmlSchema,
  cayenne: cayenneSchema,
  sparkplug: sparkplugSchema,
  cbor: objectSchema,
  msgpack: objectSchema,
  bytes: bytesSchema,
  channels: channelsSchema,
  words: wordsSchema,
  script: scriptSchema,
}

export type FormatName = keyof typeof FORMATS
export type Formats = { readonly [Name in FormatName]: z.output<(typeof FORMATS)[Name]> }

export const FORMAT_NAMES: readonly FormatName[] = Object.keys(FORMATS) as FormatName[]

/** One format; the envelope that it comes in where that is none of the known ones; and what of it is a series. */
export const decodeSchema = z
  .strictObject(FORMATS)
  .partial()
  .extend({ envelope: envelopeSchema.optional(), series: seriesSchema.optional() })
  .refine(decode => FORMAT_NAMES.filter(name => decode[name] !== undefined).length === 1, {
    error: `expected exactly one of ${FORMAT_NAMES.join(', ')}`,
  })
  .refine(({ sparkplug, envelope }) => sparkplug === undefined || envelope === undefined, {
    error: 'expected no envelope beside sparkplug, whose topics say what a message is',
    path: ['envelope'],
  })

export type DecodeProfile = z.output<typeof decodeSchema>
