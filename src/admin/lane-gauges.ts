/** What each lane keeps in quarantine, and how its uplink treats its destination at present, as gauges for Prometheus. */
import { Gauge, type Registry } from 'prom-client'
import type { LaneReport } from '../draining/protocol.ts'

interface LaneGauge {
  readonly name: string
  readonly help: string
  /** Undefined where there is nothing to say yet. */
  get(lane: LaneReport): number | undefined
}

const GAUGES: readonly LaneGauge[] = [
  {
    name: 'tromost_quarantine_bytes',
    help: 'What the messages in quarantine take.',
    get: ({ quarantine }) => quarantine.bytes,
  },
  {
    name: 'tromost_quarantine_max_bytes',
    help: 'What they may take: an equal part of quarantine.maxBytes.',
    get: ({ quarantine }) => quarantine.maxBytes,
  },
  {
    name: 'tromost_lane_trouble',
    help: '1 while the destination takes nothing.',
    get: ({ trouble }) => Number(trouble !== undefined),
  },
  {
    name: 'tromost_lane_alarm',
    help: '1 while it takes nothing and somebody has to look; api/v1/lanes says why.',
    get: ({ alarm }) => Number(alarm !== undefined),
  },
  {
    name: 'tromost_lane_breaker_open',
    help: '1 while no request is sent; 0.5 while one finds out whether the destination is back.',
    get: ({ breaker }) => ({ closed: 0, 'half-open': 0.5, open: 1 })[breaker],
  },
  {
    name: 'tromost_lane_concurrency_limit',
    help: 'Requests that may be under way at once.',
    get: ({ concurrency }) => concurrency,
  },
  {
    name: 'tromost_lane_requests_in_flight',
    help: 'Requests under way.',
    get: ({ requestsInFlight }) => requestsInFlight,
  },
  {
    name: 'tromost_lane_round_trip_seconds',
    help: 'How long a request takes, smoothed.',
    get: ({ roundTripMs }) => (roundTripMs === undefined ? undefined : roundTripMs / 1_000),
  },
]

export function addLaneGauges(registry: Registry, lanes: readonly LaneReport[]): void {
  for (const { name, help, get } of GAUGES) {
    const gauge = new Gauge({ name, help, labelNames: ['tenant', 'destination'], registers: [registry] })
    for (const lane of lanes) {
      const value = get(lane)
      if (value !== undefined) gauge.set({ tenant: lane.tenant, destination: lane.destination }, value)
    }
  }
}
