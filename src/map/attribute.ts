/** One attribute of an entity, in normalized NGSI-LD (ETSI GS CIM 009, 4.5). */
import { type AttributeProfile, getKind, type SourceProfile } from '../profiles/attribute.ts'
import { isLanguageMap, isTextOrTexts } from '../profiles/attribute-kind.ts'
import { type Attribute, QualifiedAttribute } from '../reading.ts'
import { compileAttributeTime } from './attribute-time.ts'
import { compileCondition } from './condition.ts'
import { toGeometry } from './geometry.ts'
import { Misfit } from './misfit.ts'
import { makeIdSafe } from './safe-id.ts'
import type { ReadScope, Scope } from './scope.ts'
import { compileTemplate } from './template.ts'
import { compileValue } from './value.ts'

/** Undefined when the reading says nothing of it; a Misfit when it says what cannot be used. */
export type MapAttribute = (scope: Scope, type: string) => Attribute | Misfit | undefined

export function compileAttribute(attribute: AttributeProfile, intervalMs: number): MapAttribute {
  const { when, observedAt, extra } = attribute
  const plain = compileKind(attribute, intervalMs)
  const whole = extra === undefined ? plain : compileQualified(plain, extra, intervalMs)
  const timed = observedAt === undefined ? whole : compileOwnTime(whole, observedAt, intervalMs)
  return when === undefined ? timed : compileWanted(timed, when)
}

function compileKind(attribute: SourceProfile, intervalMs: number): MapAttribute {
  if (attribute.relationship !== undefined) return compileReference(attribute.relationship)
  const read = compileValue(attribute, intervalMs)
  switch (getKind(attribute)) {
    case 'geo':
      return compileGeo(read)
    case 'relationship':
      return compileReadReference(read)
    case 'property':
      return compileProperty(read, attribute.unit)
    case 'language':
      return compileLanguage(read)
    case 'json':
      return compileJson(read)
    case 'vocab':
      return compileVocab(read)
    case 'list':
      return compileList(read, attribute.unit)
  }
}

/** A condition that cannot be answered is not one that is not met. */
function compileWanted<T>(map: (scope: Scope, type: string) => T, when: NonNullable<SourceProfile['when']>) {
  const isWanted = compileCondition(when)
  return (scope: Scope, type: string) => {
    const answer = isWanted(scope)
    if (answer instanceof Misfit) return answer
    return answer ? map(scope, type) : undefined
  }
}

function compileOwnTime(map: MapAttribute, path: string, intervalMs: number): MapAttribute {
  const getTime = compileAttributeTime(path, intervalMs)
  return (scope, type) => map({ ...scope, observedAt: getTime(scope) }, type)
}

/** Sub-attributes are as old as their attribute. One that does not fit spoils it: a value of unknown accuracy is another value. */
function compileQualified(
  map: MapAttribute,
  extra: NonNullable<AttributeProfile['extra']>,
  intervalMs: number,
): MapAttribute {
  const parts = Object.entries(extra).map(([name, profile]) => {
    const plain = compileKind(profile, intervalMs)
    return { name, map: profile.when === undefined ? plain : compileWanted(plain, profile.when) }
  })
  return (scope, type) => {
    const attribute = map(scope, type)
    if (attribute === undefined || attribute instanceof Misfit) return attribute
    const subAttributes: Record<string, unknown> = {}
    for (const part of parts) {
      const subAttribute = part.map(scope, type)
      if (subAttribute instanceof Misfit) return subAttribute
      if (subAttribute !== undefined) subAttributes[part.name] = omitTime(subAttribute)
    }
    return Object.keys(subAttributes).length === 0
      ? attribute
      : Object.assign(new QualifiedAttribute(), attribute, subAttributes)
  }
}

function omitTime({ observedAt: _, ...others }: Attribute): object {
  return others
}

function compileProperty(read: ReadScope, unitCode: string | undefined): MapAttribute {
  return scope => {
    const value = read(scope)
    if (value === undefined || value instanceof Misfit) return value
    const { observedAt } = scope
    return unitCode === undefined
      ? { type: 'Property', value, observedAt }
      : { type: 'Property', value, unitCode, observedAt }
  }
}

function compileGeo(read: ReadScope): MapAttribute {
  return scope => {
    const place = read(scope)
    if (place === undefined || place instanceof Misfit) return place
    const value = toGeometry(place)
    if (value === undefined) return new Misfit('a place as [lon, lat], {lat, lon} or GeoJSON', place)
    return { type: 'GeoProperty', value, observedAt: scope.observedAt }
  }
}

function compileLanguage(read: ReadScope): MapAttribute {
  return scope => {
    const languageMap = read(scope)
    if (languageMap === undefined || languageMap instanceof Misfit) return languageMap
    if (!isLanguageMap(languageMap))
      return new Misfit('texts by language, such as { "sl": "odprto" }', languageMap)
    return { type: 'LanguageProperty', languageMap, observedAt: scope.observedAt }
  }
}

/** Brokers keep it as it is: nothing in it is a term or a reference. */
function compileJson(read: ReadScope): MapAttribute {
  return scope => {
    const json = read(scope)
    if (json === undefined || json instanceof Misfit) return json
    return { type: 'JsonProperty', json, observedAt: scope.observedAt }
  }
}

function compileVocab(read: ReadScope): MapAttribute {
  return scope => {
    const vocab = read(scope)
    if (vocab === undefined || vocab instanceof Misfit) return vocab
    if (!isTextOrTexts(vocab)) return new Misfit('a term, or a list of terms', vocab)
    return { type: 'VocabProperty', vocab, observedAt: scope.observedAt }
  }
}

function compileList(read: ReadScope, unitCode: string | undefined): MapAttribute {
  return scope => {
    const valueList = read(scope)
    if (valueList === undefined || valueList instanceof Misfit) return valueList
    if (!Array.isArray(valueList)) return new Misfit('a list', valueList)
    const { observedAt } = scope
    return unitCode === undefined
      ? { type: 'ListProperty', valueList, observedAt }
      : { type: 'ListProperty', valueList, unitCode, observedAt }
  }
}

/** References that a template of the profile makes; a list stays a list, less what the device does not have. */
function compileReference(relationship: string | readonly string[]): MapAttribute {
  if (typeof relationship === 'string') {
    const fill = compileTemplate(relationship)
    return (scope, type) => toRelationship(fill(scope, type), scope)
  }
  const fills = relationship.map(compileTemplate)
  return (scope, type) => {
    const ids = fills.map(fill => fill(scope, type)).filter(id => id !== undefined)
    return ids.length === 0 ? undefined : toRelationship(ids, scope)
  }
}

/** References that the device or the payload gives as a whole: an id, or a list of ids. */
function compileReadReference(read: ReadScope): MapAttribute {
  return scope => {
    const object = read(scope)
    if (object === undefined || object instanceof Misfit) return object
    if (isId(object)) return toRelationship(makeIdSafe(object), scope)
    return Array.isArray(object) && object.length > 0 && object.every(isId)
      ? toRelationship(object.map(makeIdSafe), scope)
      : new Misfit('the id of an entity, or a list of ids', object)
  }
}

function toRelationship(
  object: string | readonly string[] | undefined,
  { observedAt }: Scope,
): Attribute | undefined {
  return object === undefined ? undefined : { type: 'Relationship', object, observedAt }
}

/** An entity id is a URI (ETSI GS CIM 009, 4.5.1), and a URI has a scheme. */
function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z][A-Za-z0-9+.-]*:./.test(value)
}
