/** A codec script: for frames that take a program to read. */
import { z } from 'zod'
import { objectSchema } from './formats-objects.ts'

/** The largest of 209 published codecs has 100,000 characters. */
export const SCRIPT_BYTES_MAX = 256 * 1024

const ONE_EXPECTATION = 'expected exactly one of file, source'

/** What it gives is read like JSON. */
export const scriptSchema = objectSchema
  .extend({
    /** Below the folder of the profile; `source` holds its text once the profile is loaded. */
    file: z.string().min(1).optional(),
    source: z
      .string()
      .min(1)
      .refine(
        text => Buffer.byteLength(text) <= SCRIPT_BYTES_MAX,
        `expected at most ${SCRIPT_BYTES_MAX} bytes`,
      )
      .optional(),
    /** What the maker lets one set, such as a measuring range: `input.variables`. */
    variables: z.record(z.string(), z.string()).default({}),
  })
  .refine(({ file, source }) => (file === undefined) !== (source === undefined), ONE_EXPECTATION)
