/** What is counted of a lane since the start, however often it is opened, and what is told of it. */
import { BucketCounts } from '../bucket-counts.ts'
import type { Lane } from '../journal/lane.ts'
import type { BrokerFacts } from '../uplink/probe.ts'
import type { UplinkStatus } from '../uplink/uplink.ts'
import type { TimeCounts } from './lane-times.ts'
import type { LaneReport } from './protocol.ts'

/** From 5 ms to 22 minutes, four times as long each. */
const DELIVERY_SECONDS = Array.from({ length: 10 }, (_, step) => 0.005 * 4 ** step)

export class LaneCounts {
  /** Messages that went to quarantine, by error code. */
  readonly refusals = new Map<string, number>()
  /** Codes of which somebody was told, until none is left in quarantine. */
  readonly alarms = new Set<string>()
  readonly delivery = new BucketCounts(DELIVERY_SECONDS)
}

export function toReport({
  lane,
  uplink,
  counts,
  getBroker,
  times,
}: {
  readonly lane: Lane
  readonly uplink: { readonly status: UplinkStatus }
  readonly counts: LaneCounts
  readonly getBroker: () => BrokerFacts | undefined
  readonly times: { readonly counts: TimeCounts }
}): LaneReport {
  const broker = getBroker()
  const { tenant, destination } = lane
  const { reasons, bytes, maxBytes } = lane.quarantine
  return {
    tenant,
    destination,
    balance: lane.getBalance(),
    ...uplink.status,
    ...(broker && { broker }),
    ...times.counts,
    quarantine: { bytes, maxBytes },
    refusals: Object.fromEntries(counts.refusals),
    alarms: Object.entries(reasons).map(([code, reason]) => ({ code, ...reason })),
  }
}
