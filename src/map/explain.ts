/** Why attributes of an entity were left out, for people who try a profile. It maps again, slowly, and is no part of the flow. */
import { showValue } from '../document.ts'
import type { AttributeProfile } from '../profiles/attribute.ts'
import { findNearName } from '../profiles/near-name.ts'
import type { EntityProfile, Profile } from '../profiles/profile.ts'
import { splitTemplate } from '../profiles/template.ts'
import { listValuePaths } from '../profiles/value-paths.ts'
import type { Device, Reading } from '../reading.ts'
import { compileAttribute } from './attribute.ts'
import { toEnd } from './attribute-time.ts'
import { compileCondition } from './condition.ts'
import { compileEntity, compilePlaced } from './entity.ts'
import type { Misfit } from './misfit.ts'
import { compileSource, type Scope } from './scope.ts'
import { Seen } from './seen.ts'
import { compileTemplate } from './template.ts'
import { compileValue } from './value.ts'

export interface LeftOut {
  /** Such as `WeatherObserved.temperature`; of an entity that is not made at all, its type. */
  readonly what: string
  readonly reason: string
}

const PATHS_SHOWN = 8

/** Everything that the profile names and this reading does not give, in the order of the profile. */
export function explainLeftOut(
  { entities, interval }: Profile,
  reading: Reading,
  device: Device,
): readonly LeftOut[] {
  const observedAt = new Date(reading.observedAt).toISOString()
  const scope = { reading, device, observedAt, end: toEnd(observedAt), seen: new Seen() }
  return entities.flatMap(entity => explainEntity(entity, scope, interval))
}

function explainEntity(profile: EntityProfile, scope: Scope, intervalMs: number): readonly LeftOut[] {
  const type = compilePlaced(profile.type)(scope.device)
  const missing = compileTemplate(profile.id)(scope, type) === undefined
  if (missing) return [{ what: `${type}.id`, reason: describeTemplates([profile.id], scope, type) }]
  const entity = compileEntity(profile, { index: 0, intervalMs })(scope, () => {})
  const noEntity = {
    what: type,
    reason:
      'no attribute comes from the reading itself; constants, the device and the time alone are no news',
  }
  const attributes = Object.entries(profile.attributes).flatMap(([name, attribute]) => {
    const written = compileAttribute(name, attribute, intervalMs)(scope, type)
    if (written === true) return []
    const reason =
      written === undefined ? findReason(attribute, scope, type, intervalMs) : describeMisfit(written)
    return [{ what: `${type}.${name}`, reason }]
  })
  return entity === undefined ? [noEntity, ...attributes] : attributes
}

function describeMisfit({ expectation, got }: Misfit): string {
  return `expected ${expectation}, got ${showValue(got)}`
}

/** The first thing on the way of the value that ends it, in the order in which mapping goes. */
function findReason(attribute: AttributeProfile, scope: Scope, type: string, intervalMs: number): string {
  const { when, relationship, expr, absent } = attribute
  if (when !== undefined && compileCondition(when)(scope) !== true) return describeCondition(when, scope)
  if (relationship !== undefined) return describeTemplates([relationship].flat(), scope, type)
  const calculated = expr === undefined ? undefined : compileValue({ expr }, intervalMs)(scope)
  if (expr !== undefined && calculated === undefined) return 'its expression gives nothing'
  const paths = listSources(attribute)
  const read = (path: string) => compileSource(path, intervalMs)(scope)
  const isThere = (path: string) => read(path) !== undefined
  if (paths.length > 0 && !paths.some(isThere)) return describeMissing(paths, scope)
  const operand = listOperands(attribute).find(path => !isThere(path))
  // What is absent is left out before anything is calculated.
  const values = expr === undefined ? paths.map(read) : [calculated]
  const sentinel = values.find(value => absent?.some(item => String(item) === String(value)))
  if (sentinel !== undefined) return `${showValue(sentinel)} says that there is no value`
  if (operand !== undefined) return describeMissing([operand], scope)
  return 'nothing is made of its value'
}

function describeCondition(when: NonNullable<AttributeProfile['when']>, scope: Scope): string {
  if (typeof when === 'string') return `its condition does not hold: ${when}`
  for (const [path, wanted] of Object.entries(when)) {
    if (compileCondition({ [path]: wanted })(scope) === true) continue
    const choices = [wanted].flat().map(showValue).join(' or ')
    return `its condition does not hold: expected ${path} to be ${choices}, got ${showValue(compileSource(path, 0)(scope))}`
  }
  return 'its condition does not hold'
}

function describeTemplates(templates: readonly string[], scope: Scope, type: string): string {
  const names = templates.flatMap(text => splitTemplate(text).placeholders)
  const missing = names.filter(name => compileTemplate(`{${name}}`)(scope, type) === undefined)
  return describeMissing(missing, scope)
}

function describeMissing(paths: readonly string[], scope: Scope): string {
  const [first = ''] = paths
  if (first.startsWith('device.')) return `the device has no ${paths.map(toDeviceKey).join(', ')}`
  const names = listValuePaths(scope.reading.values)
  const near = findNearName(first, names)
  const hint = near === undefined ? listShown(names) : `was ${near} meant?`
  return `the reading has no ${paths.join(', ')} (${hint})`
}

function listShown(names: readonly string[]): string {
  if (names.length === 0) return 'it has no values'
  const more = names.length > PATHS_SHOWN ? ', …' : ''
  return `it has ${names.slice(0, PATHS_SHOWN).join(', ')}${more}`
}

function toDeviceKey(path: string): string {
  return path.slice('device.'.length)
}

function listSources({ from, geo }: AttributeProfile): readonly string[] {
  return typeof from === 'object' ? Object.values(from) : [from ?? geo].filter(path => path !== undefined)
}

function listOperands({ divide, scale, offset }: AttributeProfile): readonly string[] {
  return [divide, scale, offset].filter(operand => typeof operand === 'string')
}
