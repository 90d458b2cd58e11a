/** The part of a profile that says how one attribute of an entity comes about: the closed vocabulary of mappings. */
import { z } from 'zod'
import { type AttributeKind, isLanguageTag, isOfKind, KINDS } from './attribute-kind.ts'
import { findExpressionFault } from './expression.ts'
import { isName, isSubAttributeName } from './names.ts'
import { isDevicePath, isSourcePath } from './source-path.ts'
import { isTemplate } from './template.ts'
import { describeUnit, UNIT_CODES, UNIT_NAMES } from './unit-codes.ts'

const DECIMALS_MAX = 10
const PATH_EXPECTATION =
  'expected a path into the values, such as temperature or em:0.voltage, or device.attributes.floor'
const EXPRESSION_EXPECTATION =
  'expected an expression in JEXL syntax, such as pulses * device.attributes.litresPerPulse'
const SUB_ATTRIBUTE_EXPECTATION =
  'expected a sub-attribute named with letters, digits and _, and not as a member of attributes'
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
  .refine(
    isTemplate,
    'expected text with {type}, {tenant}, {device.id}, {device.attributes.…} or {reading.values.…} only',
  )

const expression = z.string({ error: EXPRESSION_EXPECTATION }).superRefine((text, context) => {
  const message = findExpressionFault(text)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})

/** Exactly one of them says where the value comes from. */
const SOURCES = ['from', 'expr', 'value', 'geo', 'relationship'] as const

const shape = z.strictObject({
  from: z
    .union([sourcePath, z.record(z.string(), sourcePath)])
    .optional()
    .describe('A path into the values, `device.…` or `reading.…`; or several by name, which give an object.'),
  expr: expression
    .optional()
    .describe('An expression (JEXL) over the values, the device and the tenant, where a path is not enough.'),
  value: z.json().optional().describe('A constant.'),
  geo: sourcePath
    .optional()
    .describe('A path to a place: `[lon, lat]`, `{ lat, lon }`, `{ latitude, longitude }` or GeoJSON.'),
  relationship: z
    .union([templateSchema, z.array(templateSchema).min(1)])
    .optional()
    .describe('A template of the id of another entity, or a list of them, which stays a list.'),
  when: z
    .union([expression, z.record(z.string(), z.union([scalar, z.array(scalar).min(1)]))])
    .optional()
    .describe('Leaves the attribute out unless each path has one of its values, or the expression is true.'),
  absent: z
    .array(scalar)
    .min(1)
    .optional()
    .describe('What the device sends when it has nothing to say, such as 127, 65535 or `No Sensor`.'),
  values: z
    .record(z.string(), scalar)
    .optional()
    .describe('A table from what is sent to what is meant; what is not in it does not fit.'),
  number: z
    .literal(true, { error: 'expected true, or no key number at all' })
    .optional()
    .describe('The value is a number, though none of the keys from `divide` to `unit` says so.'),
  divide: operand.optional().describe('The value is divided by it: a number, or a fact of the device.'),
  scale: operand.optional().describe('The value is then multiplied by it.'),
  offset: operand.optional().describe('This is then added.'),
  round: z
    .int()
    .min(0)
    .max(DECIMALS_MAX)
    .optional()
    .describe('Decimals to round to; halves go away from zero.'),
  min: z.number().optional().describe('The least that the sensor can measure, in the unit that is sent.'),
  max: z.number().optional().describe('The most that it can measure; both ends are in the range.'),
  unit: z
    .enum(UNIT_CODES, { error: describeUnit })
    .meta({ id: 'unit', enumDescriptions: UNIT_NAMES })
    .optional()
    .describe('A UN/CEFACT common code, such as `CEL`, `C62` (a count or a share) or `P1` (percent).'),
  kind: z
    .enum(KINDS)
    .optional()
    .describe('The kind of NGSI-LD attribute; follows from the source when absent.'),
})

/** All that makes an attribute, but what it says of itself. */
export type SourceProfile = z.output<typeof shape>

/** What holds between keys: where it does not, the named key is at fault. */
const RULES: readonly {
  readonly key?: keyof SourceProfile
  readonly expectation: string
  readonly holds: (attribute: SourceProfile) => boolean
}[] = [
  {
    expectation: 'expected exactly one of from, expr, value, geo, relationship',
    holds: attribute => SOURCES.filter(source => attribute[source] !== undefined).length === 1,
  },
  {
    key: 'from',
    expectation: 'expected parts named with letters, digits and _, or by language where kind is language',
    holds: ({ from, kind }) =>
      typeof from !== 'object' || Object.keys(from).every(kind === 'language' ? isLanguageTag : isName),
  },
  {
    key: 'value',
    expectation: 'expected a constant of the kind that kind says',
    holds: ({ value, kind }) => value === undefined || kind === undefined || isOfKind(value, kind),
  },
  {
    key: 'absent',
    expectation: 'expected absent only beside from or expr',
    holds: attribute => attribute.absent === undefined || hasReadSource(attribute),
  },
  {
    key: 'values',
    expectation: 'expected values only beside from or expr',
    holds: attribute => attribute.values === undefined || hasReadSource(attribute),
  },
  {
    key: 'values',
    expectation: 'expected numbers only, because a range, a unit or arithmetic follows',
    holds: attribute =>
      !isNumeric(attribute) ||
      Object.values(attribute.values ?? {}).every(value => typeof value === 'number'),
  },
  {
    expectation: 'expected number, divide, scale, offset, round, min and max only beside from or expr',
    holds: attribute => hasReadSource(attribute) || !hasArithmetic(attribute),
  },
  {
    key: 'unit',
    expectation: 'expected a unit only for numbers: beside from or expr, or beside value with a number',
    holds: ({ unit, value, ...others }) =>
      unit === undefined || hasReadSource(others) || typeof value === 'number',
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
    expectation: 'expected kind property or list where numbers are made',
    holds: attribute => ['property', 'list'].includes(getKind(attribute)) || !isNumeric(attribute),
  },
]

const oneSource = { oneOf: SOURCES.map(source => ({ required: [source] })) }

const sourceSchema = shape.superRefine(checkRules).meta({ id: 'subAttribute', ...oneSource })

export const attributeSchema = shape
  .extend({
    observedAt: sourcePath
      .optional()
      .describe('A path to the time at which this attribute was observed, if not when the reading was.'),
    extra: z
      .record(z.string(), sourceSchema)
      .superRefine(checkNames)
      .optional()
      .describe('Sub-attributes by name: what is to be said of this attribute itself, such as its accuracy.'),
  })
  .superRefine(checkRules)
  .meta({ id: 'attribute', ...oneSource })

export type AttributeProfile = z.output<typeof attributeSchema>

/** The kind as written, or the one that follows from the source. */
export function getKind({ kind, geo, relationship }: SourceProfile): AttributeKind {
  if (kind !== undefined) return kind
  if (geo !== undefined) return 'geo'
  return relationship === undefined ? 'property' : 'relationship'
}

/** True when the value must be a number, so that text that is one is taken as one. */
export function isNumeric(attribute: SourceProfile): boolean {
  return attribute.unit !== undefined || hasArithmetic(attribute)
}

function checkRules(attribute: SourceProfile, context: z.RefinementCtx): void {
  for (const { key, expectation, holds } of RULES) {
    if (!holds(attribute)) {
      context.addIssue({ code: 'custom', path: key === undefined ? [] : [key], message: expectation })
    }
  }
}

function checkNames(extra: Readonly<Record<string, SourceProfile>>, context: z.RefinementCtx): void {
  for (const name of Object.keys(extra).filter(key => !isSubAttributeName(key))) {
    context.addIssue({ code: 'custom', path: [name], message: SUB_ATTRIBUTE_EXPECTATION })
  }
}

function hasReadSource({ from, expr }: SourceProfile): boolean {
  return from !== undefined || expr !== undefined
}

function hasArithmetic({ number, divide, scale, offset, round, min, max }: SourceProfile): boolean {
  return [number, divide, scale, offset, round, min, max].some(key => key !== undefined)
}
