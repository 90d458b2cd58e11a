/** One attribute of an entity, in normalized NGSI-LD (ETSI GS CIM 009, 4.5). */
import { type AttributeProfile, getKind } from '../profiles/attribute.ts'
import type { Attribute } from '../reading.ts'
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
  const map = compileKind(attribute, intervalMs)
  if (attribute.when === undefined) return map
  const isWanted = compileCondition(attribute.when)
  return (scope, type) => (isWanted(scope) ? map(scope, type) : undefined)
}

function compileKind(attribute: AttributeProfile, intervalMs: number): MapAttribute {
  if (attribute.relationship !== undefined) return compileReference(attribute.relationship)
  const read = compileValue(attribute, intervalMs)
  switch (getKind(attribute)) {
    case 'geo':
      return compileGeo(read)
    case 'relationship':
      return compileReadReference(read)
    case 'property':
      return compileProperty(read, attribute.unit)
  }
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
    if (place === undefined) return undefined
    const value = toGeometry(place)
    if (value === undefined) return new Misfit('a place as [lon, lat], {lat, lon} or GeoJSON', place)
    return { type: 'GeoProperty', value, observedAt: scope.observedAt }
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
