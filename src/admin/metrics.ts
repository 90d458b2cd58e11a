/** The figures for Prometheus: what this thread counts itself, and at each scrape what the lanes say. */
import {
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  exponentialBuckets,
  Gauge,
  Registry,
} from 'prom-client'
import { BucketCounts, type HistogramFigures, toHistogram } from '../bucket-counts.ts'
import type { DrainMetrics, LaneReport } from '../draining/draining.ts'
import type { IngestObserver } from '../ingest/observer.ts'
import { addLaneGauges } from './lane-gauges.ts'

export interface MetricsSources {
  getLanes(): Promise<readonly LaneReport[]>
  getDrainMetrics(): Promise<DrainMetrics>
  getJournalBytes(): number
}

/** What is counted per message, so it is plain numbers until somebody asks. */
interface TenantFigures {
  readonly receivedByQos: [number, number, number]
  readonly ack: BucketCounts
}

const ACK_SECONDS = exponentialBuckets(0.0005, 2, 14)

export class Metrics {
  readonly #registry = new Registry()
  readonly #tenants = new Map<string, TenantFigures>()
  readonly #refused = new Counter({
    name: 'tromost_refused_total',
    help: 'Clients and messages turned away.',
    labelNames: ['reason'],
    registers: [this.#registry],
  })
  readonly #connections = new Gauge({
    name: 'tromost_connections',
    help: 'Open sockets of sensors.',
    registers: [this.#registry],
  })

  constructor() {
    collectDefaultMetrics({ register: this.#registry })
  }

  readonly observer: IngestObserver = {
    received: (tenant, qos) => {
      this.#getFigures(tenant).receivedByQos[qos] += 1
    },
    stored: (tenant, elapsedMs) => this.#getFigures(tenant).ack.add(elapsedMs / 1_000),
    refused: code => this.#refused.inc({ reason: code }),
    connections: count => this.#connections.set(count),
  }

  /** All figures in the text format of Prometheus. */
  async render(sources: MetricsSources): Promise<string> {
    const { omitted, invalid, histograms } = await sources.getDrainMetrics()
    const lanes = createLaneMetrics(await sources.getLanes(), sources.getJournalBytes())
    const merged = AggregatorRegistry.aggregate([
      await this.#registry.getMetricsAsJSON(),
      await this.#createReceived().getMetricsAsJSON(),
      await lanes.getMetricsAsJSON(),
      await createMappingMetrics(omitted, invalid).getMetricsAsJSON(),
      [this.#createAck(), ...histograms],
    ])
    return merged.metrics()
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

function createMappingMetrics(omitted: number, invalid: Readonly<Record<string, number>>): Registry {
  const registry = new Registry()
  const omittedTotal = new Counter({
    name: 'tromost_attributes_omitted_total',
    help: 'Attributes left out: out of range or of the wrong kind.',
    registers: [registry],
  })
  const invalidTotal = new Counter({
    name: 'tromost_entities_invalid_total',
    help: 'Entities that the JSON Schema of their type does not take, where validate is not off.',
    labelNames: ['type'],
    registers: [registry],
  })
  omittedTotal.inc(omitted)
  for (const [type, count] of Object.entries(invalid)) invalidTotal.inc({ type }, count)
  return registry
}

const BALANCE_TERMS = {
  delivered: 'tromost_readings_delivered_total',
  skipped: 'tromost_readings_skipped_total',
  expired: 'tromost_readings_expired_total',
  discarded: 'tromost_readings_discarded_total',
  duplicates: 'tromost_readings_duplicates_total',
} as const

/** Kept across restarts by the lanes themselves, so they are set anew at each scrape instead of being counted twice. */
function createLaneMetrics(lanes: readonly LaneReport[], journalBytes: number): Registry {
  const registry = new Registry()
  const place = ['tenant', 'destination'] as const
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] })
  gauge('tromost_journal_bytes', 'What the records of the journal take on disk.', []).set(journalBytes)
  const waiting = gauge('tromost_readings_waiting', 'Messages that are not settled yet.', place)
  const kept = gauge('tromost_quarantine_messages', 'Messages in quarantine now.', place)
  const quarantined = new Counter({
    name: 'tromost_readings_quarantined_total',
    help: 'Messages sent to quarantine since the start.',
    labelNames: [...place, 'reason'],
    registers: [registry],
  })
  const counter = (name: string, help: string) =>
    new Counter({ name, help, labelNames: place, registers: [registry] })
  const late = counter(
    'tromost_attributes_late_total',
    'Attributes older than what was sent before, since the start.',
  )
  const doubted = counter(
    'tromost_times_doubted_total',
    'Messages with a time that was not believed, since the start.',
  )
  const terms = Object.entries(BALANCE_TERMS).map(([term, name]) => ({
    term: term as keyof typeof BALANCE_TERMS,
    counter: counter(name, `Messages that ended as ${term}, since the journal began.`),
  }))
  addLaneGauges(registry, lanes)
  for (const lane of lanes) {
    const { tenant, destination, balance, refusals } = lane
    const labels = { tenant, destination }
    late.inc(labels, lane.attributesLate)
    doubted.inc(labels, lane.doubtfulTimes)
    waiting.set(labels, balance.waiting)
    kept.set(labels, balance.quarantined)
    for (const { term, counter } of terms) counter.inc(labels, balance[term])
    for (const [code, count] of Object.entries(refusals)) quarantined.inc({ ...labels, reason: code }, count)
  }
  return registry
}
