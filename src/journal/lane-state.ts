/** Where a lane stands and what became of everything before that point: one record, so that a crash never parts the two. */
import type { Outcome } from '../reading.ts'
import type { Change, Engine } from './engine.ts'
import { countQuarantinedBytes } from './quarantine.ts'

/** How a message can end: the terms of the balance. Their places in this list are on disk (stretches.ts), so they stay. */
export const TERMS = ['delivered', 'quarantined', 'discarded', 'expired', 'skipped', 'duplicates'] as const
export type Term = (typeof TERMS)[number]

/**
 * `quarantined` are those that are in quarantine now; `expired` those that left by a stated policy: journal dropOldest, retention of
 * the quarantine.
 */
export interface LaneState extends Readonly<Record<Term, number>> {
  /** All messages before this position are settled. */
  readonly position: number
}

/** What is in quarantine now, by error code. Together they are the state's `quarantined`. */
export type Reasons = Readonly<Record<string, Reason>>

interface Reason {
  readonly messages: number
  /** When the first of them came, in milliseconds since the epoch. */
  readonly since: number
}

/** What is in quarantine now: as often as it is for which reason, and what its records take. */
export interface LaneQuarantine {
  readonly reasons: Reasons
  readonly bytes: number
}

interface StoredLane {
  readonly state: LaneState
  readonly quarantine: LaneQuarantine
}

/** The record: bytes are missing where a version wrote it that did not count them. */
type LaneRecord = Partial<LaneState> & { readonly reasons?: Reasons; readonly quarantinedBytes?: number }

/** More than a tenant ever has destinations. */
const LANES_MAX = 1_000

const EMPTY: LaneQuarantine = { reasons: {}, bytes: 0 }

const NEW_LANE: LaneState = {
  position: 0,
  delivered: 0,
  quarantined: 0,
  discarded: 0,
  expired: 0,
  skipped: 0,
  duplicates: 0,
}

export function createLaneChange(
  tenant: string,
  destination: string,
  state: LaneState,
  { reasons, bytes }: LaneQuarantine = EMPTY,
): Change {
  return {
    table: 'lanes',
    key: [tenant, destination],
    value: Buffer.from(JSON.stringify({ ...state, reasons, quarantinedBytes: bytes })),
  }
}

/** A lane that was never saved starts with the first message that the journal ever took. */
export async function loadLane(engine: Engine, tenant: string, destination: string): Promise<StoredLane> {
  const value = await engine.get('lanes', [tenant, destination])
  if (value === undefined) return { state: NEW_LANE, quarantine: EMPTY }
  const { state, reasons = {}, quarantinedBytes } = parse(value)
  const bytes = quarantinedBytes ?? (await countQuarantinedBytes(engine, tenant, destination))
  return { state, quarantine: { reasons, bytes } }
}

export async function loadLaneState(engine: Engine, tenant: string, destination: string): Promise<LaneState> {
  const value = await engine.get('lanes', [tenant, destination])
  return value === undefined ? NEW_LANE : parse(value).state
}

/** The destinations that ever had a lane of the tenant. */
export async function listLanes(engine: Engine, tenant: string): Promise<readonly string[]> {
  const entries = await engine.range('lanes', { within: [tenant], from: [tenant], limit: LANES_MAX })
  return entries.map(({ key }) => String(key[1]))
}

function parse(value: Buffer): Pick<LaneRecord, 'reasons' | 'quarantinedBytes'> & Pick<StoredLane, 'state'> {
  const { reasons, quarantinedBytes, ...state } = JSON.parse(value.toString()) as LaneRecord
  return {
    state: { ...NEW_LANE, ...state },
    ...(reasons && { reasons }),
    ...(quarantinedBytes !== undefined && { quarantinedBytes }),
  }
}

/** Adds messages to a reason; with a negative number, takes them away. A reason of which nothing is left is gone. */
export function addReason(reasons: Reasons, code: string, messages: number, now: number): Reasons {
  const { [code]: known, ...others } = reasons
  const sum = (known?.messages ?? 0) + messages
  return sum <= 0 ? others : { ...others, [code]: { messages: sum, since: known?.since ?? now } }
}

/** The term of the balance that an outcome counts in. */
export function toTerm({ kind }: Outcome): Term {
  return kind === 'duplicate' ? 'duplicates' : kind
}
