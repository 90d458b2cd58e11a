/** THE TABLE of decode formats: each by its key in a profile. src/decode/formats.ts has a decoder for every one of them. */
import { z } from 'zod'
import { bytesSchema, cayenneSchema, channelsSchema, wordsSchema } from './formats-bytes.ts'
import { envelopeSchema } from './formats-envelope.ts'
import { jsonSchema, objectSchema, senmlSchema, sparkplugSchema } from './formats-objects.ts'
import { scriptSchema } from './formats-script.ts'
import { seriesSchema } from './formats-series.ts'
import { textSchema, ultralightSchema } from './formats-text.ts'

const FORMATS = {
  json: jsonSchema.describe('JSON objects.'),
  text: textSchema.describe('One value, columns (CSV), or `key=value`.'),
  ultralight: ultralightSchema.describe("FIWARE's Ultralight 2.0."),
  senml: senmlSchema.describe('SenML (RFC 8428) in JSON or CBOR.'),
  cayenne: cayenneSchema.describe('Cayenne LPP, which describes itself.'),
  sparkplug: sparkplugSchema.describe(
    'Sparkplug B: births, data and deaths of the edge node and its devices.',
  ),
  cbor: objectSchema.describe('As `json`, in CBOR (RFC 8949).'),
  msgpack: objectSchema.describe('As `json`, in MessagePack.'),
  bytes: bytesSchema.describe('A fixed layout, or several by port, length or first bytes.'),
  channels: channelsSchema.describe('Repeated records of a key, such as channel and type, and fields.'),
  words: wordsSchema.describe('A mask that says which groups of words follow, the way of Decentlab devices.'),
  script: scriptSchema.describe(
    'A codec script (TS013), run in the sandbox; what it gives is read like JSON.',
  ),
}

export type FormatName = keyof typeof FORMATS
export type Formats = { readonly [Name in FormatName]: z.output<(typeof FORMATS)[Name]> }

export const FORMAT_NAMES: readonly FormatName[] = Object.keys(FORMATS) as FormatName[]

/** One format; the envelope that it comes in where that is none of the known ones; and what of it is a series. */
export const decodeSchema = z
  .strictObject(FORMATS)
  .partial()
  .extend({
    envelope: envelopeSchema
      .optional()
      .describe('JSON around the bytes, where that is none of the envelopes that are known.'),
    series: seriesSchema
      .optional()
      .describe('Lists of what the device has stored: each item becomes a reading of its own.'),
  })
  .refine(decode => FORMAT_NAMES.filter(name => decode[name] !== undefined).length === 1, {
    error: `expected exactly one of ${FORMAT_NAMES.join(', ')}`,
  })
  .refine(({ sparkplug, envelope }) => sparkplug === undefined || envelope === undefined, {
    error: 'expected no envelope beside sparkplug, whose topics say what a message is',
    path: ['envelope'],
  })
  .meta({ oneOf: FORMAT_NAMES.map(name => ({ required: [name] })) })

export type DecodeProfile = z.output<typeof decodeSchema>
