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
      ...findWrongContext(entity, key, known),
    ]
  })
}

function listTypes({ type }: EntityProfile): readonly { readonly type: string; readonly path: string }[] {
  if (typeof type === 'string') return [{ type, path: 'type' }]
  return Object.entries(type).map(([placement, name]) => ({ type: name, path: `type.${placement}` }))
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

/** Without a context only data-models' own has the types of several models. */
function findWrongContext(
  { context }: EntityProfile,
  key: string,
  known: readonly ModelName[],
): readonly RuleFinding[] {
  const contexts = [...new Set(known.map(model => model.context))]
  const [expected] = contexts
  if (expected === undefined || (context !== undefined && !isModelContext(context))) return []
  const isRight = contexts.length === 1 ? context === expected : context === undefined
  if (isRight) return []
  const wanted =
    contexts.length === 1
      ? `${expected}, the context of its model`
      : 'no context, since its types are of several models'
  return [
    { rule: 'context', key: `${key}.context`, problem: `expected ${wanted}, got ${showValue(context)}` },
  ]
}

function suggest(name: string, candidates: Iterable<string>): string {
  const near = findNearName(name, candidates)
  return near === undefined ? '' : `, such as ${near}`
}
