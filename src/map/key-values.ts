/** Entities in their simplified form (ETSI GS CIM 009, 4.5.4): each attribute as its bare value. */
import type { Attribute, Entity } from '../reading.ts'

export function toKeyValues(entity: Entity): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(entity).map(([name, attribute]) => [
      name,
      typeof attribute === 'string' ? attribute : getSimplified(attribute),
    ]),
  )
}

/** The newer kinds keep the name of their value, so that they can be told from a Property. */
export function getSimplified(attribute: Attribute): unknown {
  switch (attribute.type) {
    case 'Property':
    case 'GeoProperty':
      return attribute.value
    case 'Relationship':
      return attribute.object
    case 'LanguageProperty':
      return { languageMap: attribute.languageMap }
    case 'JsonProperty':
      return { json: attribute.json }
    case 'VocabProperty':
      return { vocab: attribute.vocab }
    case 'ListProperty':
      return { valueList: attribute.valueList }
  }
}
