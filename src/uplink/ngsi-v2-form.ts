/** Entities in the form of NGSIv2: values with a type, and what NGSI-LD says of a value as its metadata. */
import { parseAttributes, withAttributes } from '../entity-text.ts'
import { isSubAttributeName } from '../profiles/names.ts'
import type { Attribute, EntityText } from '../reading.ts'
import { encodeTexts, isForbidden, toAttributeName, toMetadataName } from './ngsi-v2-text.ts'

interface TypedValue {
  readonly type: string
  readonly value: unknown
}

interface Metadata {
  [name: string]: TypedValue
}

/** In UTC, as NGSI-LD has it. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/
const TRUE: TypedValue = { type: 'Boolean', value: true }

/** Orion's id and type are written as those of NGSI-LD, so the head stays. */
export function toNgsiV2(entity: EntityText): EntityText {
  const attributes = Object.entries(parseAttributes(entity)).map(
    ([name, attribute]) => [toAttributeName(name), toAttribute(name, attribute)] as const,
  )
  return { ...withAttributes(entity, Object.fromEntries(attributes)), context: undefined }
}

function toAttribute(name: string, attribute: Attribute): TypedValue & { readonly metadata: Metadata } {
  const { observedAt } = attribute
  const metadata: Metadata = {
    TimeInstant: { type: 'DateTime', value: observedAt },
    ...toMetadata(attribute),
  }
  const { type, value } = toTypedValue(attribute)
  // Orion indexes one place of an entity, and refuses the entity over a second one.
  if (type === 'geo:json' && name !== 'location') metadata['ignoreType'] = TRUE
  if (!isForbidden(value)) return { type, value, metadata }
  if (typeof value === 'string') return { type: 'TextUnrestricted', value, metadata }
  return { type, value: encodeTexts(value), metadata: { ...metadata, percentEncoded: TRUE } }
}

/** Unit and sub-attributes. Metadata has no metadata of its own, so the unit of a sub-attribute stands beside it. */
function toMetadata(attribute: Attribute): Metadata {
  const metadata: Metadata = {}
  for (const [name, member] of Object.entries<unknown>(attribute)) {
    if (name === 'unitCode') metadata[name] = toPlainText(String(member))
    if (!isSubAttributeName(name)) continue
    const own = toMetadataName(name)
    metadata[own] = toSafeValue(toTypedValue(member as Attribute))
    for (const [below, value] of Object.entries(toMetadata(member as Attribute)))
      metadata[`${own}_${below}`] = value
  }
  return metadata
}

function toSafeValue({ type, value }: TypedValue): TypedValue {
  if (!isForbidden(value)) return { type, value }
  return { type: 'PercentEncoded', value: encodeTexts(value) }
}

function toPlainText(text: string): TypedValue {
  return toSafeValue({ type: 'Text', value: text })
}

function toTypedValue(attribute: Attribute): TypedValue {
  switch (attribute.type) {
    case 'Property':
      return toPropertyValue(attribute.value)
    case 'GeoProperty':
      return { type: 'geo:json', value: attribute.value }
    case 'Relationship':
      return { type: 'Relationship', value: attribute.object }
    case 'LanguageProperty':
      return { type: 'StructuredValue', value: attribute.languageMap }
    case 'JsonProperty':
      return toPlainValue(attribute.json)
    case 'VocabProperty':
      return toPlainValue(attribute.vocab)
    case 'ListProperty':
      return { type: 'StructuredValue', value: attribute.valueList }
  }
}

/** A time is one, be it text or, as JSON-LD has it, a value with its type. */
function toPropertyValue(value: unknown): TypedValue {
  const typed = typeof value === 'object' && value !== null ? Reflect.get(value, '@value') : value
  return typeof typed === 'string' && DATE_TIME.test(typed) && !Number.isNaN(Date.parse(typed))
    ? { type: 'DateTime', value: typed }
    : toPlainValue(value)
}

function toPlainValue(value: unknown): TypedValue {
  switch (typeof value) {
    case 'number':
      return { type: 'Number', value }
    case 'boolean':
      return { type: 'Boolean', value }
    case 'string':
      return { type: 'Text', value }
    default:
      return { type: value === null ? 'None' : 'StructuredValue', value }
  }
}
