/** One attribute of an entity as JSON, in normalized NGSI-LD (ETSI GS CIM 009, 4.5). */
import { type AttributeProfile, getKind, type SourceProfile } from '../profiles/attribute.ts'
import { isLanguageMap, isTextOrTexts } from '../profiles/attribute-kind.ts'
import { compileAttributeTime, toEnd } from './attribute-time.ts'
import { compileCondition } from './condition.ts'
import { toGeometry } from './geometry.ts'
import { jsonWriter } from './json-writer.ts'
import { Misfit } from './misfit.ts'
import { CLOSE, Piece } from './piece.ts'
import { makeIdSafe } from './safe-id.ts'
import type { ReadScope, Scope } from './scope.ts'
import { compileTemplate } from './template.ts'
import { compileValue } from './value.ts'

/** Writes `,"name":{…}`; undefined when the reading says nothing of it, a Misfit when it says what cannot be used. */
export type WriteAttribute = (scope: Scope, type: string) => true | Misfit | undefined

/** Hears the value of one property, wherever it is written. */
export interface PropertyListener {
  readonly name: string
  hear(value: unknown, scope: Scope): void
}

export function compileAttribute(
  name: string,
  attribute: AttributeProfile,
  intervalMs: number,
  listener?: PropertyListener,
): WriteAttribute {
  const { when, observedAt, extra } = attribute
  const plain = compileKind(name, attribute, intervalMs, listener)
  const whole = extra === undefined ? plain : compileQualified(plain, extra, intervalMs)
  const timed = observedAt === undefined ? whole : compileOwnTime(whole, observedAt, intervalMs)
  return when === undefined ? timed : compileWanted(timed, when)
}

function compileKind(
  name: string,
  attribute: SourceProfile,
  intervalMs: number,
  listener?: PropertyListener,
): WriteAttribute {
  const { relationship, unit } = attribute
  const toStart = (type: string, member: string, unitCode?: string) => {
    const unitText = unitCode === undefined ? '' : `"unitCode":${JSON.stringify(unitCode)},`
    return new Piece(`,${JSON.stringify(name)}:{"type":"${type}",${unitText}"${member}":`)
  }
  if (relationship !== undefined) return compileReference(relationship, toStart('Relationship', 'object'))
  const read = compileValue(attribute, intervalMs)
  switch (getKind(attribute)) {
    case 'property':
      return compileProperty(
        listener?.name === name ? withListener(read, listener) : read,
        toStart('Property', 'value', unit),
      )
    case 'geo':
      return compileChecked(read, toPlace, toStart('GeoProperty', 'value'))
    case 'relationship':
      return compileChecked(read, toIds, toStart('Relationship', 'object'))
    case 'language':
      return compileChecked(read, toLanguageMap, toStart('LanguageProperty', 'languageMap'))
    case 'json':
      return compileProperty(read, toStart('JsonProperty', 'json'))
    case 'vocab':
      return compileChecked(read, toTerms, toStart('VocabProperty', 'vocab'))
    case 'list':
      return compileChecked(read, toItems, toStart('ListProperty', 'valueList', unit))
  }
}

/** A condition that cannot be answered is not one that is not met. */
function compileWanted(write: WriteAttribute, when: NonNullable<SourceProfile['when']>): WriteAttribute {
  const isWanted = compileCondition(when)
  return (scope, type) => {
    const answer = isWanted(scope)
    if (answer instanceof Misfit) return answer
    return answer ? write(scope, type) : undefined
  }
}

function compileOwnTime(write: WriteAttribute, path: string, intervalMs: number): WriteAttribute {
  const getTime = compileAttributeTime(path, intervalMs)
  return (scope, type) => {
    const observedAt = getTime(scope)
    return write({ ...scope, observedAt, end: toEnd(observedAt) }, type)
  }
}

/** Sub-attributes are as old as their attribute. One that does not fit spoils it: a value of unknown accuracy is another value. */
function compileQualified(
  write: WriteAttribute,
  extra: NonNullable<AttributeProfile['extra']>,
  intervalMs: number,
): WriteAttribute {
  const writers = Object.entries(extra).map(([name, profile]) => {
    const plain = compileKind(name, profile, intervalMs)
    return profile.when === undefined ? plain : compileWanted(plain, profile.when)
  })
  return (scope, type) => {
    const before = jsonWriter.length
    const attribute = write(scope, type)
    if (attribute !== true) return attribute
    const timeless = { ...scope, end: CLOSE }
    jsonWriter.cut(jsonWriter.length - CLOSE.length)
    for (const writeSub of writers) {
      const subAttribute = writeSub(timeless, type)
      if (!(subAttribute instanceof Misfit)) continue
      jsonWriter.cut(before)
      return subAttribute
    }
    jsonWriter.put(CLOSE)
    return true
  }
}

/** The same, and the listener hears of it. */
function withListener(read: ReadScope, listener: PropertyListener): ReadScope {
  return scope => {
    const value = read(scope)
    if (value !== undefined && !(value instanceof Misfit)) listener.hear(value, scope)
    return value
  }
}

function compileProperty(read: ReadScope, start: Piece): WriteAttribute {
  return scope => {
    const value = read(scope)
    if (value === undefined || value instanceof Misfit) return value
    return writeMember(start, value, scope)
  }
}

/** For kinds whose value has a form of its own: `check` gives it in that form, or a Misfit. */
function compileChecked(read: ReadScope, check: (value: unknown) => unknown, start: Piece): WriteAttribute {
  return scope => {
    const value = read(scope)
    const checked = value === undefined || value instanceof Misfit ? value : check(value)
    if (checked === undefined || checked instanceof Misfit) return checked
    return writeMember(start, checked, scope)
  }
}

/** Numbers are most of what is sent, and those that come here are finite. */
function writeMember(start: Piece, value: unknown, { end }: Scope): true {
  jsonWriter.put(start)
  if (typeof value === 'number') jsonWriter.putNumber(value)
  else jsonWriter.putText(JSON.stringify(value))
  jsonWriter.put(end)
  return true
}

function toPlace(value: unknown): unknown {
  return toGeometry(value) ?? new Misfit('a place as [lon, lat], {lat, lon} or GeoJSON', value)
}

function toLanguageMap(value: unknown): unknown {
  return isLanguageMap(value) ? value : new Misfit('texts by language, such as { "sl": "odprto" }', value)
}

function toTerms(value: unknown): unknown {
  return isTextOrTexts(value) ? value : new Misfit('a term, or a list of terms', value)
}

function toItems(value: unknown): unknown {
  return Array.isArray(value) ? value : new Misfit('a list', value)
}

/** References that the device or the payload gives as a whole: an id, or a list of ids. */
function toIds(value: unknown): unknown {
  if (isId(value)) return makeIdSafe(value)
  return Array.isArray(value) && value.length > 0 && value.every(isId)
    ? value.map(makeIdSafe)
    : new Misfit('the id of an entity, or a list of ids', value)
}

/** References that a template of the profile makes; a list stays a list, less what the device does not have. */
function compileReference(relationship: string | readonly string[], start: Piece): WriteAttribute {
  if (typeof relationship === 'string') {
    const fill = compileTemplate(relationship)
    return (scope, type) => {
      const id = fill(scope, type)
      return id === undefined ? undefined : writeMember(start, id, scope)
    }
  }
  const fills = relationship.map(compileTemplate)
  return (scope, type) => {
    const ids = fills.map(fill => fill(scope, type)).filter(id => id !== undefined)
    return ids.length === 0 ? undefined : writeMember(start, ids, scope)
  }
}

/** An entity id is a URI (ETSI GS CIM 009, 4.5.1), and a URI has a scheme. */
function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z][A-Za-z0-9+.-]*:./.test(value)
}
