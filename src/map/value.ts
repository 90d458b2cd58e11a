/** The value of an attribute before it is dressed: read, looked up in a table, made a number. */
import { isNumeric, type SourceProfile } from '../profiles/attribute.ts'
import { compileExpression } from './expression.ts'
import { Misfit } from './misfit.ts'
import { type Convert, compileNumber } from './number.ts'
import { checkPlain } from './plain-value.ts'
import { compileSource, type ReadScope } from './scope.ts'

/** Gives the value, undefined when there is none, or a Misfit. */
export function compileValue(attribute: SourceProfile, intervalMs: number): ReadScope {
  const { from, expr, geo, value: constant } = attribute
  if (constant !== undefined) return () => constant
  const convert = compileConversion(attribute)
  if (expr !== undefined) return compileCalculated(compileExpression(expr), convert)
  if (typeof from === 'object') return compileParts(from, convert, intervalMs)
  const read = compileSource(from ?? geo ?? '', intervalMs)
  return scope => {
    const value = read(scope)
    return value === undefined ? undefined : convert(value, scope)
  }
}

function compileCalculated(evaluate: ReadScope, convert: Convert): ReadScope {
  return scope => {
    const value = evaluate(scope)
    return value === undefined || value instanceof Misfit ? value : convert(value, scope)
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

function compileConversion(attribute: SourceProfile): Convert {
  const convert = compileItem(attribute)
  return attribute.kind === 'list' ? compileItems(convert) : convert
}

/** Absent, then table, then number. */
function compileItem({ absent, values, ...attribute }: SourceProfile): Convert {
  const toResult = isNumeric(attribute) ? compileNumber(attribute) : checkPlain
  const found = values === undefined ? toResult : compileChain(compileTable(values), toResult)
  return absent === undefined ? found : compileChain(compileAbsent(absent), found)
}

/** What is absent is left out of a list; one item that does not fit spoils it. */
function compileItems(convert: Convert): Convert {
  return (value, scope) => {
    if (!Array.isArray(value)) return new Misfit('a list', value)
    const items = value
      .map(item => (item === null ? undefined : convert(item, scope)))
      .filter(item => item !== undefined)
    return items.find(item => item instanceof Misfit) ?? (items.length === 0 ? undefined : items)
  }
}

function compileChain(first: Convert, second: Convert): Convert {
  return (value, scope) => {
    const found = first(value, scope)
    return found === undefined || found instanceof Misfit ? found : second(found, scope)
  }
}

/** As text, so that the sentinel 127 is found in "127" too. */
function compileAbsent(absent: readonly unknown[]): Convert {
  const sentinels = new Set(absent.map(String))
  return value => (typeof value !== 'object' && sentinels.has(String(value)) ? undefined : value)
}

/** A Map and not the object itself, so that a device that sends `constructor` finds nothing. */
function compileTable(values: Readonly<Record<string, unknown>>): Convert {
  const table = new Map(Object.entries(values))
  return value => {
    const found = typeof value === 'object' ? undefined : table.get(String(value))
    return found ?? new Misfit(`one of ${[...table.keys()].join(', ')}`, value)
  }
}
