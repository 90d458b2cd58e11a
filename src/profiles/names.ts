/** Names that go to a context broker: of types, attributes and sub-attributes. Letters, digits and _, a letter first. */

export const NAME_PATTERN = /^[A-Za-z][A-Za-z0-9_]*$/

/** Members of an entity that are no attributes (ETSI GS CIM 009, 4.5.1). */
const ENTITY_MEMBERS = new Set(['id', 'type', 'scope', '@context'])
/** Members of an attribute that are no sub-attributes (ETSI GS CIM 009, 4.5.2 to 4.5.24). */
const ATTRIBUTE_MEMBERS = new Set([
  ...['id', 'type', 'value', 'object', 'objectType', 'objectList', 'languageMap', 'json', 'vocab'],
  ...['valueList', 'unitCode', 'observedAt', 'datasetId', 'createdAt', 'modifiedAt', 'deletedAt'],
  ...['providedBy', 'instanceId', 'previousValue', 'previousObject', 'entity', 'entityList', 'lang'],
])

export function isName(text: string): boolean {
  return NAME_PATTERN.test(text)
}

export function isAttributeName(text: string): boolean {
  return isName(text) && !ENTITY_MEMBERS.has(text)
}

export function isSubAttributeName(text: string): boolean {
  return isName(text) && !ATTRIBUTE_MEMBERS.has(text)
}
