/** The value of an attribute before it is dressed: read, looked up in a table, made a number. */
import { type AttributeProfile, isNumeric } from '../profiles/attribute.ts'
import { Misfit } from './misfit.ts'
import { type Convert, compileNumber } from './number.ts'
import { compileSource, type ReadScope, type Scope } from './scope.ts'

/** Gives the value, undefined when there is none, or a Misfit. */
export function compileValue(attribute: AttributeProfile, intervalMs: number): ReadScope {
  const { from, geo, value: constant } = attribute
  if (constant !== undefined) return () => constant
  const convert = compileConversion(attribute)
  if (typeof from === 'object') return compileParts(from, convert, intervalMs)
  const read = compileSource(from ?? geo ?? '', intervalMs)
  return scope => {
    const value = read(scope)
    return value === undefined ? undefined : convert(value, scope)
  }
}

/** An object of the parts that are there. One part that does not fit spoils them all: a sum of the rest would mislead. */
function compileParts(
  paths: Readonly<Record<string, string>>,
  convert: Convert,
  intervalMs: number,
): ReadScope {
  const parts = Object.entries(paths).map(([name, path]) => ({ name, read: compileSource(path, intervalMs) }))
  return scope => {
    const whole: Record<string, unknown> = {}
    let isEmpty = true
    for (const { name, read } of parts) {
      const part = read(scope)
      const value = part === undefined ? undefined : convert(part, scope)
      if (value instanceof Misfit) return value
      if (value === undefined) continue
      whole[name] = value
      isEmpty = false
    }
    return isEmpty ? undefined : whole
  }
}

function compileConversion(attribute: AttributeProfile): Convert {
  const toResult = isNumeric(attribute) ? compileNumber(attribute) : checkFinite
  if (attribute.values === undefined) return toResult
  const lookUp = compileTable(attribute.values)
  return (value, scope) => {
    const found = lookUp(value, scope)
    return found instanceof Misfit ? found : toResult(found, scope)
  }
}

/** A Map and not the object itself, so that a device that sends `constructor` finds nothing. */
function compileTable(values: Readonly<Record<string, unknown>>): Convert {
  const table = new Map(Object.entries(values))
  return (value: unknown, _scope: Scope) => {
    const found = typeof value === 'object' ? undefined : table.get(String(value))
    return found ?? new Misfit(`one of ${[...table.keys()].join(', ')}`, value)
  }
}

function checkFinite(value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? new Misfit('a finite number', value) : value
}
