/** Formats in plain text: one value, columns, `key=value`, and FIWARE's Ultralight 2.0. */
import { z } from 'zod'
import { timezoneSchema, topicNamesSchema, valueNameSchema } from './formats-scalars.ts'

/** More columns than any station sends. */
const COLUMNS_MAX = 256
/** A column that holds nothing of interest. */
const UNUSED_COLUMN = '-'
const COLUMNS_EXPECTATION = `expected names of letters, digits and _, each once, or ${UNUSED_COLUMN} for a column that is not used`

const columnSchema = z.union([valueNameSchema, z.literal(UNUSED_COLUMN)], { error: COLUMNS_EXPECTATION })

const shape = z.strictObject({
  name: valueNameSchema
    .default('value')
    .describe('Without `columns` and `pairs`: the name of the one value.'),
  names: topicNamesSchema
    .optional()
    .describe('Topics that name the one value: `shellies/+/relay/{channel}/{name}`.'),
  decimal: z.enum(['.', ',']).default('.').describe('The decimal sign.'),
  columns: z
    .array(columnSchema)
    .min(1)
    .max(COLUMNS_MAX)
    .refine(areDifferent, COLUMNS_EXPECTATION)
    .optional()
    .describe('The names of columns in order, `-` for one that is not used; each line is a reading.'),
  pairs: z
    .enum(['=', ':'])
    .optional()
    .describe('Pairs of a name and a value, and the sign between the two; each line is a reading.'),
  separator: z
    .string()
    .length(1, 'expected one character such as ; or ,')
    .optional()
    .describe(
      'Between columns or pairs: a comma if absent, a semicolon where the comma is the decimal sign.',
    ),
  observedAt: z.string().min(1).optional().describe('The name of the value that is the observed time.'),
  timezone: timezoneSchema,
})

export type TextFormat = z.output<typeof shape>

/** What holds between keys: where it does not, the named key is at fault. */
const RULES: readonly {
  readonly key: keyof TextFormat
  readonly expectation: string
  readonly holds: (text: TextFormat) => boolean
}[] = [
  {
    key: 'pairs',
    expectation: 'expected only one of columns, pairs',
    holds: ({ columns, pairs }) => columns === undefined || pairs === undefined,
  },
  {
    key: 'names',
    expectation: 'expected topics that name a value only beside no columns and no pairs',
    holds: text => text.names === undefined || !hasSeveralValues(text),
  },
  {
    key: 'separator',
    expectation: 'expected a separator only beside columns or pairs',
    holds: text => text.separator === undefined || hasSeveralValues(text),
  },
  {
    key: 'separator',
    expectation: 'expected another separator than the decimal sign, the sign between name and value, and "',
    holds: ({ separator, decimal, pairs }) =>
      separator === undefined || (separator !== decimal && separator !== pairs && separator !== '"'),
  },
  {
    key: 'observedAt',
    expectation: 'expected one of the columns, or a name beside pairs',
    holds: ({ observedAt, columns, pairs }) =>
      observedAt === undefined || pairs !== undefined || columns?.includes(observedAt) === true,
  },
]

export const textSchema = shape.superRefine((text, context) => {
  for (const { key, expectation, holds } of RULES) {
    if (!holds(text)) context.addIssue({ code: 'custom', path: [key], message: expectation })
  }
})

export const ultralightSchema = z.strictObject({ timezone: timezoneSchema })

export type UltralightFormat = z.output<typeof ultralightSchema>

export function isUsed(column: string): boolean {
  return column !== UNUSED_COLUMN
}

function hasSeveralValues({ columns, pairs }: TextFormat): boolean {
  return columns !== undefined || pairs !== undefined
}

function areDifferent(columns: readonly string[]): boolean {
  const used = columns.filter(isUsed)
  return new Set(used).size === used.length
}
