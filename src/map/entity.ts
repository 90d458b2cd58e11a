/** One entity of a profile: its type, its id, and those of its attributes that the reading gives. */
import { showValue } from '../document.ts'
import { TromostError } from '../errors.ts'
import type { AttributeProfile } from '../profiles/attribute.ts'
import type { EntityProfile } from '../profiles/profile.ts'
import { isMeasured } from '../profiles/source-path.ts'
import type { Device, Entity } from '../reading.ts'
import { compileAttribute, type MapAttribute } from './attribute.ts'
import { compileNews } from './expression-news.ts'
import { Misfit } from './misfit.ts'
import type { Scope } from './scope.ts'
import { compileTemplate } from './template.ts'

/** What to do with a value that does not fit: returns to leave it out, or throws. */
export type OnMisfit = (attribute: string, misfit: Misfit) => void

/** Undefined when no attribute comes from the reading: constants and the place alone are no news. */
export type MapEntity = (scope: Scope, onMisfit: OnMisfit) => Entity | undefined

/** Whether an attribute comes from the reading itself; of an expression, the reading has to tell. */
type IsNews = boolean | ((scope: Scope) => boolean)

interface NamedAttribute {
  readonly name: string
  readonly isNews: IsNews
  readonly map: MapAttribute
}

export function compileEntity(profile: EntityProfile, intervalMs: number): MapEntity {
  const getType = compileType(profile.type)
  const fillId = compileTemplate(profile.id)
  const attributes = Object.entries(profile.attributes).map(
    ([name, attribute]): NamedAttribute => ({
      name,
      isNews: compileIsNews(attribute),
      map: compileAttribute(attribute, intervalMs),
    }),
  )
  return (scope, onMisfit) => {
    const type = getType(scope.device)
    const id = fillId(scope, type)
    if (id === undefined) {
      const problem = `expected all that ${profile.id} names, got device ${showValue(scope.device.id)}`
      throw new TromostError('MAP_FAILED', `${type}.id: ${problem}`)
    }
    const entity: Entity = { id, type }
    return setAttributes(entity, attributes, scope, onMisfit) ? entity : undefined
  }
}

/** Answers whether any of them comes from the reading. */
function setAttributes(
  entity: Entity,
  attributes: readonly NamedAttribute[],
  scope: Scope,
  onMisfit: OnMisfit,
): boolean {
  let hasNews = false
  for (const { name, isNews, map } of attributes) {
    const attribute = map(scope, entity.type)
    if (attribute === undefined) continue
    if (attribute instanceof Misfit) {
      onMisfit(`${entity.type}.${name}`, attribute)
      continue
    }
    entity[name] = attribute
    hasNews ||= typeof isNews === 'boolean' ? isNews : isNews(scope)
  }
  return hasNews
}

function compileType(type: EntityProfile['type']): (device: Device) => string {
  if (typeof type === 'string') return () => type
  const typeOfPlacement = new Map(Object.entries(type))
  return ({ placement = '' }) => typeOfPlacement.get(placement) ?? type.default
}

function compileIsNews({ from, expr, geo }: AttributeProfile): IsNews {
  if (expr !== undefined) return compileNews(expr)
  const paths = typeof from === 'object' ? Object.values(from) : [from ?? geo]
  return paths.some(path => path !== undefined && isMeasured(path))
}
