/** The part of a profile that says how one attribute of an entity comes about: the closed vocabulary of mappings. */
import { z } from 'zod'
import { isDevicePath, isSourcePath } from './source-path.ts'
import { isTemplate } from './template.ts'
import { UNIT_CODES } from './unit-codes.ts'

const DECIMALS_MAX = 10
const PART_NAME = /^[A-Za-z][A-Za-z0-9_]*$/
const PATH_EXPECTATION =
  'expected a path into the values, such as temperature or em:0.voltage, or device.attributes.floor'
const OPERAND_EXPECTATION = 'expected a number, or a path such as device.attributes.binHeight'

const sourcePath = z.string({ error: PATH_EXPECTATION }).refine(isSourcePath, PATH_EXPECTATION)

/** A number that belongs to the device type, or a fact of the one device, such as the height of its mast. */
const operand = z.union([
  z.number({ error: OPERAND_EXPECTATION }),
  z.string().refine(isDevicePath, OPERAND_EXPECTATION),
])

const scalar = z.union([
  z.string({ error: 'expected text, a number, true or false' }),
  z.number(),
  z.boolean(),
])

export const templateSchema = z
  .string({ error: 'expected text such as urn:ngsi-ld:Device:{device.id}' })
  .refine(isTemplate, 'expected text with {type}, {tenant}, {device.id} or {device.attributes.…} only')

const shape = z.strictObject({
  /** A path, or several by name: `{ L1: a_voltage, L2: b_voltage }` gives an object of those that are there. */
  from: z.union([sourcePath, z.record(z.string(), sourcePath)]).optional(),
  value: z.json().optional(),
  geo: sourcePath.optional(),
  relationship: z.union([templateSchema, z.array(templateSchema).min(1)]).optional(),
  /** Leave the attribute out unless each path has one of the values. */
  when: z.record(z.string(), z.union([scalar, z.array(scalar).min(1)])).optional(),
  divide: operand.optional(),
  scale: operand.optional(),
  offset: operand.optional(),
  round: z.int().min(0).max(DECIMALS_MAX).optional(),
  values: z.record(z.string(), scalar).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  unit: z.enum(UNIT_CODES, { error: 'expected a UN/CEFACT common code such as CEL' }).optional(),
  kind: z.enum(['property', 'geo', 'relationship']).optional(),
})

export type AttributeProfile = z.output<typeof shape>

/** What holds between keys: where it does not, the named key is at fault. */
const RULES: readonly {
  readonly key?: keyof AttributeProfile
  readonly expectation: string
  readonly holds: (attribute: AttributeProfile) => boolean
}[] = [
  {
    expectation: 'expected exactly one of from, value, geo, relationship',
    holds: ({ from, value, geo, relationship }) =>
      [from, value, geo, relationship].filter(source => source !== undefined).length === 1,
  },
  {
    key: 'from',
    expectation: 'expected parts named with letters, digits and _',
    holds: ({ from }) => typeof from !== 'object' || Object.keys(from).every(name => PART_NAME.test(name)),
  },
  {
    key: 'values',
    expectation: 'expected values only beside from',
    holds: ({ from, values }) => values === undefined || from !== undefined,
  },
  {
    key: 'values',
    expectation: 'expected numbers only, because a range, a unit or arithmetic follows',
    holds: attribute =>
      !isNumeric(attribute) ||
      Object.values(attribute.values ?? {}).every(value => typeof value === 'number'),
  },
  {
    expectation: 'expected divide, scale, offset, round, min and max only beside from',
    holds: attribute => attribute.from !== undefined || !hasArithmetic(attribute),
  },
  {
    key: 'unit',
    expectation: 'expected a unit only for numbers: beside from, or beside value with a number',
    holds: ({ unit, from, value }) => unit === undefined || from !== undefined || typeof value === 'number',
  },
  {
    key: 'min',
    expectation: 'expected min to be at most max',
    holds: ({ min, max }) => min === undefined || max === undefined || min <= max,
  },
  {
    key: 'kind',
    expectation: 'expected the kind that the source gives',
    holds: ({ kind, geo, relationship }) =>
      kind === undefined ||
      ((geo === undefined || kind === 'geo') && (relationship === undefined || kind === 'relationship')),
  },
  {
    key: 'kind',
    expectation: 'expected kind property where numbers are made',
    holds: attribute => getKind(attribute) === 'property' || !isNumeric(attribute),
  },
]

export const attributeSchema = shape.superRefine((attribute, context) => {
  for (const { key, expectation, holds } of RULES) {
    if (!holds(attribute)) {
      context.addIssue({ code: 'custom', path: key === undefined ? [] : [key], message: expectation })
    }
  }
})

/** The kind as written, or the one that follows from the source. */
export function getKind({ kind, geo, relationship }: AttributeProfile): 'property' | 'geo' | 'relationship' {
  if (kind !== undefined) return kind
  if (geo !== undefined) return 'geo'
  return relationship === undefined ? 'property' : 'relationship'
}

/** True when the value must be a number, so that text that is one is taken as one. */
export function isNumeric(attribute: AttributeProfile): boolean {
  return attribute.unit !== undefined || hasArithmetic(attribute)
}

function hasArithmetic({ divide, scale, offset, round, min, max }: AttributeProfile): boolean {
  return [divide, scale, offset, round, min, max].some(key => key !== undefined)
}
