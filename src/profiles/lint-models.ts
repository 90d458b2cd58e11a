/** Rules of names: types, attributes and contexts of the Smart Data Models, where there is one. */
import { showValue } from '../document.ts'
import type { LintInput, RuleFinding } from './lint-rules.ts'
import { isModelContext, type ModelName, type ModelNames } from './model-names.ts'
import { findNearName } from './near-name.ts'
import type { EntityProfile } from './profile.ts'

export function findModelFindings({ profile, models }: LintInput): readonly RuleFinding[] {
  return profile.entities.flatMap((entity, at) => {
    const types = listTypes(entity)
    const known = types.flatMap(({ type }) => models.get(type) ?? [])
    const key = `entities.${at}`
    return [
      ...types.flatMap(({ type, path }) => findUnknownType(type, `${key}.${path}`, models)),
      ...(known.length === types.length ? findUnknownAttributes(entity, key, known, types) : []),
      ...findWrongContext(entity, key, types, models),
    ]
  })
}

interface PlacedType {
  readonly type: string
  readonly placement: string
  readonly path: string
}

function listTypes({ type }: EntityProfile): readonly PlacedType[] {
  if (typeof type === 'string') return [{ type, placement: 'default', path: 'type' }]
  return Object.entries(type).map(([placement, name]) => ({
    type: name,
    placement,
    path: `type.${placement}`,
  }))
}

function findUnknownType(type: string, key: string, models: ModelNames): readonly RuleFinding[] {
  if (models.has(type)) return []
  const problem = `expected a type of the Smart Data Models${suggest(type, models.keys())}, got ${showValue(type)}`
  return [{ rule: 'model-type', key, problem }]
}

/** An attribute that one of the models lacks is told with the type that lacks it. */
function findUnknownAttributes(
  { attributes }: EntityProfile,
  key: string,
  known: readonly ModelName[],
  types: readonly { readonly type: string }[],
): readonly RuleFinding[] {
  return Object.keys(attributes).flatMap(name => {
    const at = known.findIndex(model => !model.attributes.has(name))
    const model = known[at]
    if (model === undefined) return []
    const problem = `expected an attribute of ${types[at]?.type}${suggest(name, model.attributes)}, got ${name}`
    return [{ rule: 'model-attribute', key: `${key}.attributes.${name}`, problem }]
  })
}

function findWrongContext(
  { context }: EntityProfile,
  key: string,
  types: readonly PlacedType[],
  models: ModelNames,
): readonly RuleFinding[] {
  return types.flatMap(({ type, placement }) => {
    const expected = models.get(type)?.context
    const [path, got] =
      typeof context === 'object'
        ? [`context.${placement}`, context[placement] ?? context.default]
        : ['context', context]
    const isOwn = got !== undefined && !isModelContext(got)
    if (expected === undefined || got === expected || isOwn) return []
    const problem = `expected ${expected}, the context of ${type}, got ${showValue(got)}`
    return [{ rule: 'context' as const, key: `${key}.${path}`, problem }]
  })
}

function suggest(name: string, candidates: Iterable<string>): string {
  const near = findNearName(name, candidates)
  return near === undefined ? '' : `, such as ${near}`
}
