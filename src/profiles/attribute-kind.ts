/** The kinds of NGSI-LD attributes, and what a value has to be for each. */
import type { LanguageMap } from '../reading.ts'

export const KINDS = ['property', 'geo', 'relationship', 'language', 'json', 'vocab', 'list'] as const

export type AttributeKind = (typeof KINDS)[number]

/** RFC 5646; `@none` is JSON-LD's name for no language in particular. */
const LANGUAGE_TAG = /^(?:@none|[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)$/

export function isLanguageTag(text: string): boolean {
  return LANGUAGE_TAG.test(text)
}

/** Text, or a list of texts, by language tag. */
export function isLanguageMap(value: unknown): value is LanguageMap {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const entries = Object.entries(value)
  return entries.length > 0 && entries.every(([tag, text]) => isLanguageTag(tag) && isTextOrTexts(text))
}

/** A term of the context, or a list of them. */
export function isTextOrTexts(value: unknown): value is string | readonly string[] {
  if (Array.isArray(value)) return value.length > 0 && value.every(item => typeof item === 'string')
  return typeof value === 'string' && value !== ''
}

/** What a place and a reference have to be is seen when they are made. */
export function isOfKind(value: unknown, kind: AttributeKind): boolean {
  switch (kind) {
    case 'language':
      return isLanguageMap(value)
    case 'vocab':
      return isTextOrTexts(value)
    case 'list':
      return Array.isArray(value)
    default:
      return true
  }
}
