/** Sets a lane back, while it is not open: what it had settled waits again, and its counts are those that it had there. */
import { getChunkStoredAt } from './chunk.ts'
import type { Change, Engine } from './engine.ts'
import { findChunk, findNextChunk } from './find-chunk.ts'
import {
  addReason,
  createLaneChange,
  type LaneQuarantine,
  type LaneState,
  loadLane,
  TERMS,
} from './lane-state.ts'
import { createQuarantineRemoval, getLastQuarantinedBefore, listQuarantine } from './quarantine.ts'
import type { EntryWeight } from './quarantine-moves.ts'
import { countFates } from './stretches.ts'

export interface RewindOrder {
  readonly tenant: string
  readonly destination: string
  /** Milliseconds since the epoch, by the agent's clock. */
  readonly to: number
  /** Says what would be sent again, and changes nothing. */
  readonly dryRun: boolean
}

export interface Rewound {
  /** The first message that is sent again; where there is none, the next one that would be sent anyway. */
  readonly position: number
  /** When the record that holds it was stored; absent when there is none. */
  readonly from?: number
  /** How many messages are sent again. */
  readonly messages: number
  /** Those of them that leave the quarantine for it. */
  readonly quarantined: number
}

interface Step {
  readonly state: LaneState
  readonly quarantine: LaneQuarantine
  readonly removals: readonly Change[]
}

interface Place {
  readonly tenant: string
  readonly destination: string
}

/** From the first position on, up to the other one. */
interface Span {
  readonly from: number
  readonly to: number
}

const STEP_MESSAGES = 16_384
const QUARANTINE_AT_ONCE = 100

/**
 * Back to the first message that is still in the journal and was stored at `to` or later. It goes backwards in steps, each one commit after
 * which the balance holds; a crash leaves the lane at one of them.
 */
export async function rewindLane(
  engine: Engine,
  { tenant, destination, to, dryRun }: RewindOrder,
  stepMessages: number = STEP_MESSAGES,
): Promise<Rewound> {
  const place = { tenant, destination }
  const start = await loadLane(engine, tenant, destination)
  const target = await findStoredAt(engine, tenant, { time: to, end: start.state.position })
  let { state, quarantine } = start
  while (state.position > target) {
    const step = await goBack(engine, place, { state, quarantine, target, stepMessages })
    if (step === undefined) break
    if (!dryRun) {
      await engine.commit([
        ...step.removals,
        createLaneChange(tenant, destination, step.state, step.quarantine),
      ])
    }
    state = step.state
    quarantine = step.quarantine
  }
  const chunk = await findChunk(engine, tenant, state.position)
  return {
    position: state.position,
    ...(chunk !== undefined && { from: getChunkStoredAt(chunk.value) }),
    messages: start.state.position - state.position,
    quarantined: start.state.quarantined - state.quarantined,
  }
}

/** The lane as it was a step before, or at the target; undefined where that is not known. */
async function goBack(
  engine: Engine,
  place: Place,
  {
    state,
    quarantine,
    target,
    stepMessages,
  }: Omit<Step, 'removals'> & { readonly target: number; readonly stepMessages: number },
): Promise<Step | undefined> {
  const farthest = Math.max(target, state.position - stepMessages)
  const span = { from: await avoidEntry(engine, place, farthest), to: state.position }
  const counts = await countFates(engine, place, span)
  const known = [...counts.values()].reduce((sum, count) => sum + count, 0)
  if (known < span.to - span.from) return undefined
  const terms = TERMS.map(term => [term, state[term] - (counts.get(term) ?? 0)])
  const leaving = await findLeaving(engine, place, span)
  return {
    state: { ...state, ...Object.fromEntries(terms), position: span.from },
    quarantine: leaving.reduce(subtract, quarantine),
    removals: leaving.map(({ position }) => createQuarantineRemoval({ ...place, position })),
  }
}

function subtract({ reasons, bytes }: LaneQuarantine, entry: EntryWeight): LaneQuarantine {
  return {
    reasons: addReason(reasons, entry.code, -entry.messages, Date.now()),
    bytes: bytes - entry.bytes,
  }
}

/** A position, or the start of the entry that stands for a message before it and for that at it: a record that could not be read. */
async function avoidEntry(engine: Engine, place: Place, position: number): Promise<number> {
  const before = await getLastQuarantinedBefore(engine, { ...place, position })
  return before !== undefined && before.position + before.messages > position ? before.position : position
}

async function findLeaving(
  engine: Engine,
  place: Place,
  { from, to }: Span,
): Promise<readonly EntryWeight[]> {
  const leaving: EntryWeight[] = []
  let next = from
  while (next < to) {
    const part = await listQuarantine(engine, { ...place, after: next - 1, limit: QUARANTINE_AT_ONCE })
    for (const { position, code, messages, bytes } of part) {
      if (position < to) leaving.push({ position, code, messages, bytes })
    }
    next = part.length < QUARANTINE_AT_ONCE ? to : (part.at(-1)?.position ?? to) + 1
  }
  return leaving
}

/** The first message before `end` that was stored at a time or later; `end` where there is none. */
async function findStoredAt(
  engine: Engine,
  tenant: string,
  { time, end }: { readonly time: number; readonly end: number },
): Promise<number> {
  const oldest = await findNextChunk(engine, tenant, 0)
  let low = Math.min(end, Number(oldest?.key[1] ?? end))
  let high = end
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const chunk = await findChunk(engine, tenant, middle)
    const start = Number(chunk?.key[1] ?? end)
    if (chunk === undefined || start >= high) high = middle
    else if (getChunkStoredAt(chunk.value) >= time) high = start
    else low = Number((await findNextChunk(engine, tenant, start + 1))?.key[1] ?? end)
  }
  return Math.min(low, end)
}
