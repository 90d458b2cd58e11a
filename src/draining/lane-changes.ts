/** Lanes follow what is provisioned: they are opened, closed, and opened again as tenants and destinations come, go and change. */
import { isDeepStrictEqual } from 'node:util'
import type { DestinationConfig } from '../config/config.ts'
import { closeLane, type OrderedLane } from './lane-orders.ts'
import type { LanePlan } from './plan-lanes.ts'

interface PlannedLane extends OrderedLane {
  readonly plan: LanePlan
}

export interface LaneOpening<T> {
  /** Of the lane that takes the place of one that is closed, that one. */
  readonly open: (plan: LanePlan, closed: T | undefined) => Promise<T>
  /** A destination is another one now, or none any more: nothing is known of it, and nobody uses it. */
  readonly forget: (destination: DestinationConfig) => void
}

/** `lanes` are those that are open, and afterwards those that are planned. Messages of a lane that is opened again wait meanwhile. */
export async function changeLanes<T extends PlannedLane>(
  lanes: T[],
  planned: readonly LanePlan[],
  { open, forget }: LaneOpening<T>,
): Promise<void> {
  const stays = (lane: T) => planned.some(plan => isOfPlace(lane, plan) && isAlike(lane.plan, plan))
  const closed = lanes.filter(lane => !stays(lane))
  for (const lane of closed) lanes.splice(lanes.indexOf(lane), 1)
  await Promise.all(closed.map(closeLane))
  for (const destination of findForgotten(closed, planned)) forget(destination)
  for (const plan of planned) {
    if (lanes.some(lane => isOfPlace(lane, plan))) continue
    lanes.push(
      await open(
        plan,
        closed.find(lane => isOfPlace(lane, plan)),
      ),
    )
  }
}

function isOfPlace({ lane }: OrderedLane, { tenant, destination }: LanePlan): boolean {
  return lane.tenant === tenant.id && lane.destination === destination.id
}

/** In what a lane is made of. Devices, groups and routes it looks up. */
function isAlike(one: LanePlan, other: LanePlan): boolean {
  const pick = ({ types, destination, tenant: { brokerTenant, brokerPath, late, badTime } }: LanePlan) => ({
    ...{ types, destination, brokerTenant, brokerPath, late, badTime },
  })
  return isDeepStrictEqual(pick(one), pick(other))
}

function findForgotten(
  closed: readonly PlannedLane[],
  planned: readonly LanePlan[],
): readonly DestinationConfig[] {
  const destinations = new Set(closed.map(({ plan }) => plan.destination))
  const isAsBefore = (destination: DestinationConfig) =>
    planned.some(plan => isDeepStrictEqual(plan.destination, destination))
  return [...destinations].filter(destination => !isAsBefore(destination))
}
