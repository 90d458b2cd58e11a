/** Templates of ids and references, compiled to closures. What comes out is always safe in an id. */
import { splitTemplate } from '../profiles/template.ts'
import type { Device } from '../reading.ts'
import { makeIdSafe } from './safe-id.ts'
import { compileSource, type ReadScope, type Scope } from './scope.ts'

export type FillTemplate = (scope: Scope, type: string) => string | undefined

/** Undefined when the device does not have something that the template names. */
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
  const read: ReadScope = name === 'tenant' ? ({ device }) => getTenant(device) : compileSource(name, 0)
  return scope => {
    const value = read(scope)
    const isText = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    return isText && value !== '' ? makeIdSafe(String(value)) : undefined
  }
}

function getTenant(device: Device): string {
  return device.tenant
}
