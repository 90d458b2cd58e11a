/** Fields in bytes: where a value lies, how it is read, and the arithmetic that makes it what it means. */
import { z } from 'zod'
import { valueNameSchema } from './formats-scalars.ts'

/** Bytes that each reader of a fixed size takes. `swap` is two big-endian words with the lower one first, as in Modbus. */
const READER_BYTES = {
  u8: 1,
  i8: 1,
  u16le: 2,
  u16be: 2,
  i16le: 2,
  i16be: 2,
  u24le: 3,
  u24be: 3,
  i24le: 3,
  i24be: 3,
  u32le: 4,
  u32be: 4,
  u32swap: 4,
  i32le: 4,
  i32be: 4,
  i32swap: 4,
  u64le: 8,
  u64be: 8,
  i64le: 8,
  i64be: 8,
  f32le: 4,
  f32be: 4,
  f64le: 8,
  f64be: 8,
} as const

/** Readers that need a `length`: decimal digits, two in a byte; bytes as hexadecimal text; text in UTF-8. */
const SIZED_READERS = ['bcdle', 'bcdbe', 'hex', 'text'] as const

export type NumberReader = keyof typeof READER_BYTES
type Reader = NumberReader | (typeof SIZED_READERS)[number]

const READERS: readonly Reader[] = [...(Object.keys(READER_BYTES) as NumberReader[]), ...SIZED_READERS]

/** Fourteen digits, the most that a number holds exactly. */
const BCD_BYTES_MAX = 7
const BYTES_MAX = 1024
const COUNT_MAX = 1000
const FIELD_EXPECTATION = `expected a reader (${READERS.join(', ')}), or { read: … }`

const readerSchema = z.enum(READERS, { error: FIELD_EXPECTATION }).meta({ id: 'reader' })

const shape = z.strictObject({
  at: z
    .int()
    .min(0)
    .max(BYTES_MAX)
    .optional()
    .describe('Bytes from the start; where the field before it ends when absent.'),
  read: readerSchema.describe('The reader: how many bytes, and what they are.'),
  length: z
    .int()
    .min(1)
    .max(BYTES_MAX)
    .optional()
    .describe(`Bytes, for the readers that have no size of their own: ${SIZED_READERS.join(', ')}.`),
  count: z
    .int()
    .min(1)
    .max(COUNT_MAX)
    .optional()
    .describe('So many of them, one after the other, which make a list.'),
  bits: z
    .strictObject({
      offset: z.int().min(0).max(31).describe('The lowest bit, 0 to 31.'),
      length: z.int().min(1).max(32).describe('How many bits.'),
    })
    .optional()
    .describe('Part of an unsigned number, counted from its lowest bit.'),
  divide: z
    .number()
    .refine(divisor => divisor !== 0, 'expected a number other than 0')
    .optional()
    .describe('What is read is divided by it.'),
  scale: z.number().optional().describe('It is then multiplied by it.'),
  offset: z.number().optional().describe('This is then added.'),
})

export type Field = z.output<typeof shape>

const RULES: readonly {
  readonly key: keyof Field
  readonly expectation: string
  readonly holds: (field: Field) => boolean
}[] = [
  {
    key: 'length',
    expectation: `expected a length in bytes beside ${SIZED_READERS.join(', ')}, and beside no other reader`,
    holds: ({ read, length }) => isSized(read) === (length !== undefined),
  },
  {
    key: 'length',
    expectation: `expected at most ${BCD_BYTES_MAX} bytes of decimal digits`,
    holds: ({ read, length = 0 }) => !read.startsWith('bcd') || length <= BCD_BYTES_MAX,
  },
  {
    key: 'bits',
    expectation: 'expected bits only of an unsigned number, and within it',
    holds: field =>
      field.bits === undefined ||
      (field.read.startsWith('u') && field.bits.offset + field.bits.length <= 8 * getItemBytes(field)),
  },
  {
    key: 'read',
    expectation: 'expected a reader of numbers beside divide, scale and offset',
    holds: ({ read, divide, scale, offset }) =>
      !isText(read) || [divide, scale, offset].every(operand => operand === undefined),
  },
]

const fieldSchema = z.union(
  [
    readerSchema,
    shape
      .superRefine((field, context) => {
        for (const { key, expectation, holds } of RULES) {
          if (!holds(field)) context.addIssue({ code: 'custom', path: [key], message: expectation })
        }
      })
      .meta({ id: 'field' }),
  ],
  { error: FIELD_EXPECTATION },
)

/** Fields by the names of their values, in the order in which they lie in the bytes. */
export const fieldsSchema = z
  .record(valueNameSchema, fieldSchema)
  .superRefine((fields, context) => {
    for (const [name, field] of Object.entries(fields)) {
      if (typeof field === 'string' && isSized(field)) {
        context.addIssue({ code: 'custom', path: [name], message: `expected { read: ${field}, length: … }` })
      }
    }
  })
  .meta({ id: 'fields' })

export type Fields = z.output<typeof fieldsSchema>

/** Of one of them, where a field has a count. */
export function getItemBytes({ read, length = 0 }: Field): number {
  return isSized(read) ? length : READER_BYTES[read]
}

/** True where a reader has no size of its own. */
function isSized(read: Reader): read is (typeof SIZED_READERS)[number] {
  return SIZED_READERS.some(sized => sized === read)
}

function isText(read: Reader): boolean {
  return read === 'hex' || read === 'text'
}
