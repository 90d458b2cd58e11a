/** Several entities of one message, one outcome: a message is delivered when all that was made of it is. */
import type { Outcome } from '../reading.ts'
import type { Settle } from './parcel.ts'

/** Gives a settle for each of `count` entities; the last one to be decided settles the whole. The first refusal is the reason. */
export function settleTogether(count: number, settle: Settle): Settle {
  if (count === 0) settle({ kind: 'skipped' })
  if (count <= 1) return settle
  let open = count
  let result: Outcome = { kind: 'delivered' }
  return outcome => {
    open -= 1
    if (outcome.kind === 'quarantined' && result.kind !== 'quarantined') result = outcome
    if (open === 0) settle(result)
  }
}
