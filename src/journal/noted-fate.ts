/** What becomes of a message that need not be looked at: one that is forgotten, or that another agent has found something out about. */
import type { Message, MessageNote } from '../reading.ts'
import type { Term } from './lane-state.ts'

interface NotedFate {
  readonly term: Term
  readonly reason?: NonNullable<MessageNote['quarantined']>
}

/** Nothing where it is a message like all others for this lane. */
export function findNotedFate(
  { note, isForgotten }: Pick<Message, 'note' | 'isForgotten'>,
  destination: string,
): NotedFate | undefined {
  if (isForgotten === true) return { term: 'discarded' }
  if (note === undefined) return undefined
  if (!note.destinations.includes(destination)) return { term: 'skipped' }
  return note.quarantined && { term: 'quarantined', reason: note.quarantined }
}
