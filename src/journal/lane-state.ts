/** Where a lane stands and what became of everything before that point: one record, so that a crash never parts the two. */
import type { Change, Engine } from './engine.ts'

export interface LaneState {
  /** All messages before this position are settled. */
  readonly position: number
  readonly delivered: number
  /** Those that are in quarantine now. */
  readonly quarantined: number
  readonly discarded: number
  /** Those that left by a stated policy: journal dropOldest, retention of the quarantine. */
  readonly expired: number
  readonly skipped: number
  readonly duplicates: number
}

const NEW_LANE: LaneState = {
  position: 0,
  delivered: 0,
  quarantined: 0,
  discarded: 0,
  expired: 0,
  skipped: 0,
  duplicates: 0,
}

export function createLaneChange(tenant: string, destination: string, state: LaneState): Change {
  return { table: 'lanes', key: [tenant, destination], value: Buffer.from(JSON.stringify(state)) }
}

/** A lane that was never saved starts with the first message that the journal ever took. */
export async function loadLaneState(engine: Engine, tenant: string, destination: string): Promise<LaneState> {
  const value = await engine.get('lanes', [tenant, destination])
  return value === undefined
    ? NEW_LANE
    : { ...NEW_LANE, ...(JSON.parse(value.toString()) as Partial<LaneState>) }
}
