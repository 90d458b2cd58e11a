/** Names of types, attributes and sub-attributes at full length, as IRIs, for brokers that cannot reach a @context (ETSI GS CIM 009, 5.5.7). */
import { DEFAULT_VOCABULARY, expandTerm } from '../context/terms.ts'
import { parseAttributes, withAttributes } from '../entity-text.ts'
import { isSubAttributeName } from '../profiles/names.ts'
import type { EntityText } from '../reading.ts'
import { isExpandable } from './context.ts'

/** IRIs by context and term. What profiles name is bounded, and so is this. */
const known = new Map<string, Map<string, string>>()

/** The entity as it is where its context is not known. What is inside of values stays as it is. */
export function expandNames(entity: EntityText): EntityText {
  const { context } = entity
  if (context === undefined || !isExpandable(context)) return entity
  const expand = (term: string) => expandIn(context, term)
  const attributes = Object.entries(parseAttributes(entity)).map(
    ([name, attribute]) => [expand(name), expandAttribute(attribute, expand)] as const,
  )
  return withAttributes(entity, Object.fromEntries(attributes), expand(entity.type))
}

function expandAttribute(attribute: object, expand: (term: string) => string): object {
  return Object.fromEntries(
    Object.entries(attribute).map(([name, value]): [string, unknown] => {
      if (name === 'vocab') return [name, Array.isArray(value) ? value.map(expand) : expand(value)]
      return isSubAttributeName(name) ? [expand(name), expandAttribute(value, expand)] : [name, value]
    }),
  )
}

/** What NGSI-LD itself names, and what no context has, every broker makes the same of without help. */
function expandIn(context: string, term: string): string {
  const terms = known.get(context) ?? new Map<string, string>()
  known.set(context, terms)
  const present = terms.get(term)
  if (present !== undefined) return present
  const isCore = expandTerm(undefined, term) !== DEFAULT_VOCABULARY + term
  const iri = isCore ? term : expandTerm(context, term)
  const name = iri === DEFAULT_VOCABULARY + term ? term : iri
  terms.set(term, name)
  return name
}
