/** Rules of order: keys as the reference has them; in an entity first the time, then what is measured, then place and references. */
import { type AttributeProfile, attributeSchema } from './attribute.ts'
import type { LintInput, RuleFinding } from './lint-rules.ts'
import { profileSchema } from './profile.ts'

const { entities, samples } = profileSchema.shape
const PROFILE_KEYS = Object.keys(profileSchema.shape)
const ENTITY_KEYS = Object.keys(entities.element.shape)
const ATTRIBUTE_KEYS = Object.keys(attributeSchema.shape)
const SAMPLE_KEYS = Object.keys(samples.element.shape)

export function findOrderFindings({ raw, profile }: LintInput): readonly RuleFinding[] {
  return [
    ...findKeyOrder(raw, '', PROFILE_KEYS),
    ...profile.entities.flatMap(({ attributes }, at) => {
      const key = `entities.${at}`
      return [
        ...findKeyOrder(readAt(raw, ['entities', at]), key, ENTITY_KEYS),
        ...Object.keys(attributes).flatMap(name =>
          findKeyOrder(
            readAt(raw, ['entities', at, 'attributes', name]),
            `${key}.attributes.${name}`,
            ATTRIBUTE_KEYS,
          ),
        ),
        ...findAttributeOrder(attributes, `${key}.attributes`),
      ]
    }),
    ...profile.samples.flatMap((_, at) =>
      findKeyOrder(readAt(raw, ['samples', at]), `samples.${at}`, SAMPLE_KEYS),
    ),
  ]
}

/** The first key that stands behind one that it should stand before. */
function findKeyOrder(value: unknown, path: string, order: readonly string[]): readonly RuleFinding[] {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : []
  return findInversion(keys, key => order.indexOf(key)).map(([before, key]) => ({
    rule: 'key-order',
    key: path === '' ? key : `${path}.${key}`,
    problem: `expected ${key} before ${before}, got it behind`,
  }))
}

function findAttributeOrder(
  attributes: Readonly<Record<string, AttributeProfile>>,
  path: string,
): readonly RuleFinding[] {
  const rank = (name: string) => getRank(attributes[name])
  return findInversion(Object.keys(attributes), rank).map(([before, name]) => ({
    rule: 'attribute-order',
    key: `${path}.${name}`,
    problem: `expected the time first, then what is measured, then location and references, got ${name} behind ${before}`,
  }))
}

function getRank(attribute: AttributeProfile | undefined): number {
  const { from, geo, relationship, kind } = attribute ?? {}
  if (typeof from === 'string' && from.startsWith('reading.')) return 0
  return geo !== undefined || relationship !== undefined || kind === 'geo' || kind === 'relationship' ? 2 : 1
}

function findInversion(
  names: readonly string[],
  rank: (name: string) => number,
): readonly (readonly [string, string])[] {
  for (const [at, name] of names.entries()) {
    const before = names[at - 1]
    if (before !== undefined && rank(name) < rank(before)) return [[before, name]]
  }
  return []
}

function readAt(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (found, key) =>
      typeof found === 'object' && found !== null && Object.hasOwn(found, key)
        ? (found as Readonly<Record<string | number, unknown>>)[key]
        : undefined,
    value,
  )
}
