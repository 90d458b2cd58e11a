/** One entity of a profile: its type, its id, and those of its attributes that the reading gives. */
import { showValue } from '../document.ts'
import { TromostError } from '../errors.ts'
import { hashText } from '../hash.ts'
import type { AttributeProfile } from '../profiles/attribute.ts'
import type { EntityProfile } from '../profiles/profile.ts'
import { isMeasured } from '../profiles/source-path.ts'
import { namesReading } from '../profiles/template.ts'
import type { Device, EntityText } from '../reading.ts'
import { compileAttribute, type PropertyListener, type WriteAttribute } from './attribute.ts'
import { compileAttributeTime } from './attribute-time.ts'
import { compileNews } from './expression-news.ts'
import { jsonWriter } from './json-writer.ts'
import type { Misfit } from './misfit.ts'
import { CLOSE } from './piece.ts'
import type { Scope } from './scope.ts'
import type { Identity } from './seen.ts'
import { compileTemplate } from './template.ts'

/** What to do with a value that does not fit: returns to leave it out, or throws. */
export type OnMisfit = (attribute: string, misfit: Misfit) => void

/** Undefined when no attribute comes from the reading: constants and the place alone are no news. */
export type WriteEntity = (scope: Scope, onMisfit: OnMisfit) => EntityText | undefined

/** Whether an attribute that is there comes from the reading itself; of an expression, the reading has to tell. */
type IsNews = (scope: Scope) => boolean

interface NamedAttribute {
  readonly name: string
  readonly isNews: IsNews
  readonly write: WriteAttribute
  /** When it was observed, where the reading says so for it alone. */
  readonly getTime: ((scope: Scope) => string) | undefined
}

interface EntityOptions {
  /** Which of the entities of its profile it is. */
  readonly index: number
  readonly intervalMs: number
  readonly listener?: PropertyListener | undefined
}

export function compileEntity(
  profile: EntityProfile,
  { index, intervalMs, listener }: EntityOptions,
): WriteEntity {
  const identify = compileIdentity(profile, index)
  const attributes = Object.entries(profile.attributes).map(
    ([name, attribute]): NamedAttribute => ({
      name,
      isNews: compileIsNews(attribute),
      write: compileAttribute(name, attribute, intervalMs, listener),
      getTime:
        attribute.observedAt === undefined
          ? undefined
          : compileAttributeTime(attribute.observedAt, intervalMs),
    }),
  )
  const hasOwnTimes = attributes.some(({ getTime }) => getTime !== undefined)
  const allNames = attributes.map(({ name }) => name)
  return (scope, onMisfit) => {
    const identity = identify(scope)
    const { id, idHash, type, context, head } = identity
    jsonWriter.begin()
    jsonWriter.putText(head)
    const headBytes = jsonWriter.length
    let hasNews = false
    let missing: string[] | undefined
    for (const { name, isNews, write } of attributes) {
      const attribute = write(scope, type)
      if (attribute === true) {
        hasNews ||= isNews(scope)
      } else {
        if (attribute !== undefined) onMisfit(`${type}.${name}`, attribute)
        missing ??= []
        missing.push(name)
      }
    }
    if (!hasNews) return undefined
    const names = missing === undefined ? allNames : allNames.filter(name => !missing.includes(name))
    jsonWriter.put(CLOSE)
    const { observedAt } = scope.reading
    const times = hasOwnTimes ? getTimes(names, attributes, scope) : undefined
    return {
      id,
      idHash,
      type,
      context,
      attributes: names,
      observedAt,
      times,
      json: jsonWriter.take(),
      headBytes,
      seat: identity,
    }
  }
}

function getTimes(
  names: readonly string[],
  attributes: readonly NamedAttribute[],
  scope: Scope,
): readonly number[] {
  return attributes
    .filter(({ name }) => names.includes(name))
    .map(({ getTime }) => (getTime === undefined ? scope.reading.observedAt : Date.parse(getTime(scope))))
}

/** Found out once for each device, unless the readings of one device are about several entities. */
function compileIdentity(profile: EntityProfile, index: number): (scope: Scope) => Identity {
  const identify = compileFirstSight(profile)
  if (namesReading(profile.id)) return identify
  return scope => {
    const { seen } = scope
    const present = seen.get(index)
    if (present !== undefined) return present
    const identity = identify(scope)
    seen.keep(index, identity)
    return identity
  }
}

function compileFirstSight({ type, id: template, context }: EntityProfile): (scope: Scope) => Identity {
  const getType = compilePlaced(type)
  const getContext = context === undefined ? () => undefined : compilePlaced(context)
  const fillId = compileTemplate(template)
  return scope => {
    const { device } = scope
    const ownType = getType(device)
    const id = fillId(scope, ownType)
    if (id === undefined) {
      const problem = `expected all that ${template} names, got device ${showValue(device.id)}`
      throw new TromostError('MAP_FAILED', `${ownType}.id: ${problem}`)
    }
    const head = `{"id":${JSON.stringify(id)},"type":${JSON.stringify(ownType)}`
    return {
      id,
      idHash: hashText(id),
      type: ownType,
      context: getContext(device),
      head,
      slot: undefined,
      owner: undefined,
    }
  }
}

/** One for all devices, or one for each placement. */
export function compilePlaced(choice: EntityProfile['type']): (device: Device) => string {
  if (typeof choice === 'string') return () => choice
  const ofPlacement = new Map(Object.entries(choice))
  return ({ placement = '' }) => ofPlacement.get(placement) ?? choice.default
}

function compileIsNews({ from, expr, geo }: AttributeProfile): IsNews {
  if (expr !== undefined) return compileNews(expr)
  const paths = typeof from === 'object' ? Object.values(from) : [from ?? geo]
  const isNews = paths.some(path => path !== undefined && isMeasured(path))
  return () => isNews
}
