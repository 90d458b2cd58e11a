/** What a save of a lane does to its quarantine: what comes, what leaves or stays for another reason, and what that makes of the counts. */
import type { Change, Engine } from './engine.ts'
import { addReason, type LaneState, type Reasons, type Term } from './lane-state.ts'
import {
  createQuarantineEntry,
  createQuarantineRemoval,
  getQuarantined,
  type QuarantinedMessage,
} from './quarantine.ts'

/** What becomes of an entry of the quarantine. Where it stays, for which reason now. */
export interface Move {
  readonly position: number
  readonly to: Term
  readonly reason?: { readonly code: string; readonly detail: string }
}

/** An entry as the counts see it. */
export interface EntryWeight {
  readonly position: number
  readonly code: string
  readonly messages: number
  /** Of the record on disk: the bytes of the message, and the note. */
  readonly bytes: number
}

export interface QuarantineSize {
  readonly messages: number
  readonly bytes: number
}

export interface ReadyMove {
  readonly to: Term
  readonly entry: EntryWeight
  /** Where the entry stays: for which reason now. */
  readonly code?: string
  readonly change: Change
}

interface Place {
  readonly tenant: string
  readonly destination: string
}

/** Entries that have left meanwhile, for another reason, are left alone. */
export async function makeReady(
  engine: Engine,
  { tenant, destination }: Place,
  moves: readonly Move[],
): Promise<readonly ReadyMove[]> {
  const ready: ReadyMove[] = []
  for (const { position, to, reason } of moves) {
    const entry = await getQuarantined(engine, { tenant, destination, position })
    if (entry === undefined) continue
    const change = toChange(entry, reason)
    ready.push({ to, entry, change, ...(reason && { code: reason.code }) })
  }
  return ready
}

export function toExpiry(entry: EntryWeight, { tenant, destination }: Place): ReadyMove {
  const change = createQuarantineRemoval({ tenant, destination, position: entry.position })
  return { to: 'expired', entry, change }
}

export function applyMoves(state: LaneState, moves: readonly ReadyMove[]): LaneState {
  const counts = { ...state }
  for (const { entry, to } of moves) {
    counts.quarantined -= entry.messages
    counts[to] += entry.messages
  }
  return counts
}

/** How many bytes more the quarantine takes, or, below 0, fewer. */
export function getGrowth(coming: readonly EntryWeight[], moves: readonly ReadyMove[]): number {
  const come = coming.reduce((sum, { bytes }) => sum + bytes, 0)
  return moves.reduce((sum, { entry, change }) => sum + (change.value?.length ?? 0) - entry.bytes, come)
}

export function countReasons(
  before: Reasons,
  coming: readonly EntryWeight[],
  moves: readonly ReadyMove[],
): Reasons {
  const changes = new Map<string, number>()
  const count = (code: string, messages: number) => changes.set(code, (changes.get(code) ?? 0) + messages)
  for (const { code, messages } of coming) count(code, messages)
  for (const { entry, code } of moves) {
    count(entry.code, -entry.messages)
    if (code !== undefined) count(code, entry.messages)
  }
  const now = Date.now()
  return [...changes].reduce((reasons, [code, messages]) => addReason(reasons, code, messages, now), before)
}

export function countMessages(moves: readonly ReadyMove[]): number {
  return moves.reduce((sum, { entry }) => sum + entry.messages, 0)
}

function toChange(entry: QuarantinedMessage, reason: Move['reason']): Change {
  if (reason === undefined) return createQuarantineRemoval(entry)
  return createQuarantineEntry(entry, entry, { ...reason, messages: entry.messages })
}
