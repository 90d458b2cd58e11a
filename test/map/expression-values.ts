import { compileExpression } from '../../src/map/expression.ts'
import { Misfit } from '../../src/map/misfit.ts'
import { CLOSE } from '../../src/map/piece.ts'
import { Seen } from '../../src/map/seen.ts'
import { DEVICE, OBSERVED_AT } from './map-values.ts'

/** What an expression gives for some values of a sensor; `'misfit'` where it cannot be evaluated. */
export function evaluate(expression: string, values: Readonly<Record<string, unknown>> = {}): unknown {
  const scope = {
    reading: { values, observedAt: Date.parse(OBSERVED_AT) },
    device: DEVICE,
    observedAt: OBSERVED_AT,
    end: CLOSE,
    seen: new Seen(),
  }
  const result = compileExpression(expression)(scope)
  return result instanceof Misfit ? 'misfit' : result
}
