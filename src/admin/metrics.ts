/** The figures for Prometheus: what this thread counts itself, and at each scrape what the lanes say. */
import {
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  exponentialBuckets,
  Gauge,
  Registry,
} from 'prom-client'
import type { WatchedFigures } from '../alarms/watchdogs.ts'
import { BucketCounts, type HistogramFigures, toHistogram } from '../bucket-counts.ts'
import type { DrainMetrics, LaneReport } from '../draining/protocol.ts'
import type { BridgeReport } from '../ingest/bridges/bridge.ts'
import type { IngestObserver } from '../ingest/observer.ts'
import type { JournalUsage } from '../journal/room.ts'
import { createAlarmMetrics } from './alarm-metrics.ts'
import { createBridgeMetrics } from './bridge-metrics.ts'
import { createJournalMetrics } from './journal-metrics.ts'
import { createLaneMetrics, createMappingMetrics } from './lane-metrics.ts'

export interface MetricsSources {
  getLanes(): Promise<readonly LaneReport[]>
  getBridges(): readonly BridgeReport[]
  getDrainMetrics(): Promise<DrainMetrics>
  getJournalUsage(): JournalUsage
  getWatched(): WatchedFigures
}

/** What is counted per message, so it is plain numbers until somebody asks. */
interface TenantFigures {
  readonly receivedByQos: [number, number, number]
  readonly ack: BucketCounts
}

function createRefused(registry: Registry): Counter<'reason'> {
  const name = 'tromost_refused_total'
  const help = 'Clients, messages and our own connections turned away.'
  return new Counter({ name, help, labelNames: ['reason'], registers: [registry] })
}

const ACK_SECONDS = exponentialBuckets(0.0005, 2, 14)

export class Metrics {
  readonly #registry = new Registry()
  readonly #tenants = new Map<string, TenantFigures>()
  readonly #refused = createRefused(this.#registry)
  readonly #connections = new Gauge({
    name: 'tromost_connections',
    help: 'Open sockets of sensors.',
    registers: [this.#registry],
  })

  constructor() {
    collectDefaultMetrics({ register: this.#registry })
  }

  readonly observer: Omit<IngestObserver, 'heard'> = {
    received: ({ tenant, qos }) => {
      this.#getFigures(tenant).receivedByQos[qos] += 1
    },
    stored: (tenant, elapsedMs) => this.#getFigures(tenant).ack.add(elapsedMs / 1_000),
    refused: code => this.#refused.inc({ reason: code }),
    connections: count => this.#connections.set(count),
  }

  /** All figures in the text format of Prometheus. */
  async render(sources: MetricsSources): Promise<string> {
    const { omitted, invalid, closedAddresses, histograms } = await sources.getDrainMetrics()
    const lanes = createLaneMetrics(await sources.getLanes())
    const merged = AggregatorRegistry.aggregate([
      await this.#registry.getMetricsAsJSON(),
      await this.#createClosed(closedAddresses).getMetricsAsJSON(),
      await this.#createReceived().getMetricsAsJSON(),
      await lanes.getMetricsAsJSON(),
      await createBridgeMetrics(sources.getBridges()).getMetricsAsJSON(),
      await createJournalMetrics(sources.getJournalUsage()).getMetricsAsJSON(),
      await createAlarmMetrics(sources.getWatched()).getMetricsAsJSON(),
      await createMappingMetrics(omitted, invalid).getMetricsAsJSON(),
      [this.#createAck(), ...histograms],
    ])
    return merged.metrics()
  }

  /** Those of the draining thread. */
  #createClosed(count: number): Registry {
    const registry = new Registry()
    if (count > 0) createRefused(registry).inc({ reason: 'ADDRESS_CLOSED' }, count)
    return registry
  }

  #createReceived(): Registry {
    const registry = new Registry()
    const name = 'tromost_messages_received_total'
    const help = 'Messages taken in, by QoS.'
    const counter = new Counter({ name, help, labelNames: ['tenant', 'qos'], registers: [registry] })
    for (const [tenant, { receivedByQos }] of this.#tenants) {
      for (const [qos, count] of receivedByQos.entries()) counter.inc({ tenant, qos }, count)
    }
    return registry
  }

  #createAck(): HistogramFigures {
    const name = 'tromost_ack_seconds'
    const values = [...this.#tenants].map(([tenant, { ack }]) => ack.toValues(name, { tenant }))
    return toHistogram(name, 'From PUBLISH to its message being on disk.', values)
  }

  #getFigures(tenant: string): TenantFigures {
    const known = this.#tenants.get(tenant)
    if (known !== undefined) return known
    const figures: TenantFigures = { receivedByQos: [0, 0, 0], ack: new BucketCounts(ACK_SECONDS) }
    this.#tenants.set(tenant, figures)
    return figures
  }
}
