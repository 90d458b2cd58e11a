/** Text as Orion takes it: some characters are forbidden in it, and nothing of it may be lost. */

/** In values, by Orion's manual. */
const FORBIDDEN = /[<>"'=;()]/
/** What is written in another way when the whole is: the forbidden ones, and the sign of that other way itself. */
const ENCODED = /[<>"'=;()%]/g

/** Names that Orion means something else by: an attribute dateExpires would make it delete the entity. */
const BUILT_IN_ATTRIBUTES = new Set(['dateCreated', 'dateModified', 'dateExpires', 'alterationType'])
const BUILT_IN_METADATA = new Set([
  ...['dateCreated', 'dateModified', 'previousValue', 'actionType'],
  ...['ignoreType', 'TextUnrestricted', 'TimeInstant', 'unitCode', 'percentEncoded'],
])

export function toAttributeName(name: string): string {
  return BUILT_IN_ATTRIBUTES.has(name) ? `${name}_` : name
}

export function toMetadataName(name: string): string {
  return BUILT_IN_METADATA.has(name) ? `${name}_` : name
}

/** Whether a text, or a text or a key anywhere inside of a value, has a forbidden character. */
export function isForbidden(value: unknown): boolean {
  if (typeof value === 'string') return FORBIDDEN.test(value)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, member]) => FORBIDDEN.test(key) || isForbidden(member))
}

/** Every text and key of a value in percent-encoding, so that decodeURIComponent gives it back. */
export function encodeTexts(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(ENCODED, toPercent)
  if (Array.isArray(value)) return value.map(encodeTexts)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key.replace(ENCODED, toPercent), encodeTexts(member)]),
  )
}

function toPercent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
