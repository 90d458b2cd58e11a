import { compileExpression } from '../../src/map/expression.ts'
import { Misfit } from '../../src/map/misfit.ts'
import { createScope } from './map-values.ts'

/** What an expression gives for some values of a sensor; `'misfit'` where it cannot be evaluated. */
export function evaluate(expression: string, values: Readonly<Record<string, unknown>> = {}): unknown {
  const result = compileExpression(expression)(createScope(values))
  return result instanceof Misfit ? 'misfit' : result
}
