/** `when`: an attribute is made only if certain paths have certain values, or if an expression is true. */
import type { SourceProfile } from '../profiles/attribute.ts'
import { compileExpression } from './expression.ts'
import { Misfit } from './misfit.ts'
import { compileSource, type Scope } from './scope.ts'

/** A Misfit when the expression cannot be evaluated. */
export type IsWanted = (scope: Scope) => boolean | Misfit

export function compileCondition(when: NonNullable<SourceProfile['when']>): IsWanted {
  if (typeof when === 'string') return compileTruth(when)
  const tests = Object.entries(when).map(([path, wanted]) => ({
    read: compileSource(path, 0),
    wanted: new Set<unknown>(Array.isArray(wanted) ? wanted : [wanted]),
  }))
  return scope => tests.every(({ read, wanted }) => wanted.has(read(scope)))
}

function compileTruth(expression: string): IsWanted {
  const evaluate = compileExpression(expression)
  return scope => {
    const value = evaluate(scope)
    return value instanceof Misfit ? value : Boolean(value)
  }
}
