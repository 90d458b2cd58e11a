/** Several entities of one message, one outcome: a message is delivered when all that was made of it is. */
import type { Outcome } from '../reading.ts'
import type { Settle } from './parcel.ts'

/**
 * Gives a settle for each of `count` parts; the last one to be decided settles the whole. The first refusal is the reason; where
 * nothing was delivered, the whole is skipped.
 */
export function settleTogether(count: number, settle: Settle): Settle {
  if (count === 0) settle({ kind: 'skipped' })
  if (count <= 1) return settle
  let open = count
  let result: Outcome = { kind: 'skipped' }
  return outcome => {
    open -= 1
    if (result.kind !== 'quarantined' && outcome.kind !== 'skipped') result = outcome
    if (open === 0) settle(result)
  }
}
