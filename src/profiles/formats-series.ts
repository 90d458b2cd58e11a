/** A series: lists of what a device has stored, one item after the other in time, such as the last sixteen hours of a meter. */
import { z } from 'zod'
import { parseDuration } from '../config/units.ts'
import { pathSchema, timezoneSchema, valueNameSchema } from './formats-scalars.ts'

const EVERY_EXPECTATION =
  'expected a duration with its unit, such as 1h, or -15m where the newest item comes first'

export const seriesSchema = z
  .strictObject({
    lists: z
      .record(valueNameSchema, pathSchema)
      .refine(lists => Object.keys(lists).length > 0, 'expected at least one list')
      .describe('What an item of each list is named in a reading of its own, and where the list is.'),
    every: z
      .string({ error: EVERY_EXPECTATION })
      .transform((text, context) => {
        const every = parseStep(text)
        if (every !== undefined && every !== 0) return every
        context.addIssue({ code: 'custom', message: EVERY_EXPECTATION })
        return z.NEVER
      })
      .describe('From one item to the next, such as `1h`; `-15m` where the newest item comes first.'),
    observedAt: pathSchema
      .optional()
      .describe('Where the time of the first item is; that of the reading when absent.'),
    timezone: timezoneSchema,
    sums: z
      .record(valueNameSchema, pathSchema)
      .default({})
      .describe('Where the value is that a list of differences begins with, by the name of the item.'),
  })
  .superRefine(({ lists, sums }, context) => {
    for (const name of Object.keys(sums).filter(key => !Object.hasOwn(lists, key))) {
      context.addIssue({
        code: 'custom',
        path: ['sums', name],
        message: 'expected the name of one of the lists',
      })
    }
  })

export type SeriesFormat = z.output<typeof seriesSchema>

function parseStep(text: string): number | undefined {
  if (!text.startsWith('-')) return parseDuration(text)
  const step = parseDuration(text.slice(1))
  return step === undefined ? undefined : -step
}
