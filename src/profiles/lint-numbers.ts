/** Rules of measured numbers: a unit, a range of what the sensor can measure, and sentinels outside of it. */
import { type AttributeProfile, getKind, isNumeric } from './attribute.ts'
import { splitChannels } from './formats-bytes.ts'
import type { Field, Fields } from './formats-fields.ts'
import type { LintInput, RuleFinding } from './lint-rules.ts'
import type { Profile } from './profile.ts'
import { isMeasured } from './source-path.ts'

/** What a device sends when it has no value: all bits set, and of signed numbers the two ends. */
const SENTINELS: Readonly<Record<string, readonly number[]>> = {
  u8: [0xff],
  i8: [0x7f, -0x80],
  u16le: [0xffff],
  u16be: [0xffff],
  i16le: [0x7fff, -0x8000],
  i16be: [0x7fff, -0x8000],
}

export function findNumberFindings({ profile }: LintInput): readonly RuleFinding[] {
  const fields = listFields(profile)
  return profile.entities.flatMap(({ attributes }, at) =>
    Object.entries(attributes)
      .filter(([, attribute]) => isMeasuredNumber(attribute))
      .flatMap(([name, attribute]) => {
        const key = `entities.${at}.attributes.${name}`
        return [
          ...findMissingUnit(attribute, key),
          ...findMissingRange(attribute, key),
          ...findSentinel(attribute, key, fields),
        ]
      }),
  )
}

function isMeasuredNumber(attribute: AttributeProfile): boolean {
  const { from, expr } = attribute
  const paths = typeof from === 'object' ? Object.values(from) : [from].filter(path => path !== undefined)
  const isOfReading = expr !== undefined || paths.some(isMeasured)
  return isNumeric(attribute) && isOfReading && ['property', 'list'].includes(getKind(attribute))
}

function findMissingUnit({ unit }: AttributeProfile, key: string): readonly RuleFinding[] {
  if (unit !== undefined) return []
  const problem = 'expected a unit of the measured number, C62 for a count or a share, got nothing'
  return [{ rule: 'unit', key, problem }]
}

/** A table says itself what there is. What a fact of the device is added to is in no range that belongs to the type. */
function findMissingRange(
  { min, max, values, offset }: AttributeProfile,
  key: string,
): readonly RuleFinding[] {
  const isBounded = min !== undefined || max !== undefined || values !== undefined
  if (isBounded || typeof offset === 'string') return []
  const problem = 'expected min and max of what the sensor can measure, got neither'
  return [{ rule: 'range', key, problem }]
}

function findSentinel(
  attribute: AttributeProfile,
  key: string,
  fields: ReadonlyMap<string, readonly Field[]>,
): readonly RuleFinding[] {
  const { from, min, max, absent = [], values } = attribute
  const numbers = [attribute.divide, attribute.scale, attribute.offset]
  if (typeof from !== 'string' || max === undefined || values !== undefined) return []
  if (numbers.some(operand => typeof operand === 'string')) return []
  for (const field of fields.get(from) ?? []) {
    const read = field.bits === undefined ? (SENTINELS[field.read] ?? []) : []
    const inside = read
      .map(raw => ({ raw, value: calculate(field, raw) }))
      .filter(({ value }) => !absent.some(item => String(item) === String(value)))
      .find(({ value }) => isWithin(calculate(attribute, value), min, max))
    if (inside === undefined) continue
    const problem = `expected a range without what ${inside.raw} gives, which often means no value, or it under absent, got max ${max}`
    return [{ rule: 'sentinel', key, problem }]
  }
  return []
}

function isWithin(value: number, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY): boolean {
  return value >= min && value <= max
}

function calculate(
  { divide, scale, offset }: Pick<AttributeProfile, 'divide' | 'scale' | 'offset'>,
  n: number,
): number {
  return (n / Number(divide ?? 1)) * Number(scale ?? 1) + Number(offset ?? 0)
}

/** Fields of all layouts by the names of their values. */
function listFields({ decode: { bytes, channels, words } }: Profile): ReadonlyMap<string, readonly Field[]> {
  const ofChannels = channels === undefined ? [] : splitChannels(channels)
  const all: Fields[] = [
    ...(bytes?.fields === undefined ? [] : [bytes.fields]),
    ...[bytes?.layouts ?? [], ...Object.values(bytes?.fPort ?? {})].flat().map(({ fields }) => fields),
    ...('records' in ofChannels
      ? [ofChannels.header ?? {}, ...ofChannels.records.map(([, fields]) => fields)]
      : []),
    ...(words?.groups ?? []),
  ]
  const byName = new Map<string, Field[]>()
  for (const [name, field] of all.flatMap(fields => Object.entries(fields))) {
    byName.set(name, [...(byName.get(name) ?? []), typeof field === 'string' ? { read: field } : field])
  }
  return byName
}
