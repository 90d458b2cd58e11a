/** Templates of ids and references, compiled to closures. What comes out is always safe in an id. */
import { compilePath } from '../profiles/path.ts'
import { getValuePath, splitTemplate } from '../profiles/template.ts'
import { makeIdSafe } from './safe-id.ts'
import { compileSource, type ReadScope, type Scope } from './scope.ts'

/** Of one thing that a template names. Brokers take ids of 256, and nothing that is longer is a name. */
const CHARS_MAX = 128

export type FillTemplate = (scope: Scope, type: string) => string | undefined

/** Undefined when the device or the reading does not have something that the template names. */
export function compileTemplate(text: string): FillTemplate {
  const { literals, placeholders } = splitTemplate(text)
  const [first = '', ...others] = literals.map(makeIdSafe)
  const readers = placeholders.map(compilePlaceholder)
  return (scope, type) => {
    let filled = first
    for (const [index, read] of readers.entries()) {
      const value = read(scope, type)
      if (value === undefined) return undefined
      filled += value + (others[index] ?? '')
    }
    return filled
  }
}

function compilePlaceholder(name: string): FillTemplate {
  if (name === 'type') return (_scope, type) => type
  const read = compileReader(name)
  return scope => {
    const value = read(scope)
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined
    const text = String(value)
    return text !== '' && text.length <= CHARS_MAX ? makeIdSafe(text) : undefined
  }
}

function compileReader(name: string): ReadScope {
  if (name === 'tenant') return ({ device }) => device.tenant
  const path = getValuePath(name)
  if (path === undefined) return compileSource(name, 0)
  const read = compilePath(path)
  return ({ reading }) => read(reading.values)
}
