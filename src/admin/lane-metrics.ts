/** The figures of the draining thread for Prometheus, made at each scrape. */
import { Counter, Gauge, Registry } from 'prom-client'
import type { LaneReport } from '../draining/protocol.ts'
import { toLaneBalance } from './balance.ts'
import { addLaneGauges } from './lane-gauges.ts'

export function createMappingMetrics(omitted: number, invalid: Readonly<Record<string, number>>): Registry {
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

/** With `tromost_readings_waiting` and `tromost_quarantine_messages` they are all terms of the balance. */
const BALANCE_TERMS = {
  received: 'tromost_readings_received_total',
  delivered: 'tromost_readings_delivered_total',
  skipped: 'tromost_readings_skipped_total',
  expired: 'tromost_readings_expired_total',
  discarded: 'tromost_readings_discarded_total',
  duplicates: 'tromost_readings_duplicates_total',
} as const

/** Kept across restarts by the lanes themselves, so they are set anew at each scrape instead of being counted twice. */
export function createLaneMetrics(lanes: readonly LaneReport[]): Registry {
  const registry = new Registry()
  const place = ['tenant', 'destination'] as const
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] })
  const waiting = gauge('tromost_readings_waiting', 'Messages that are not settled yet.', place)
  const kept = gauge('tromost_quarantine_messages', 'Messages in quarantine now.', place)
  const holds = gauge('tromost_balance_holds', '0 when the terms of the balance do not add up.', place)
  const position = gauge('tromost_lane_position', 'All messages of the tenant before it are settled.', place)
  const alarm = gauge('tromost_quarantine_alarm', 'Messages in quarantine now, by error code.', [
    ...place,
    'reason',
  ])
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
  const quarantined = new Counter({
    name: 'tromost_readings_quarantined_total',
    help: 'Messages sent to quarantine since the start.',
    labelNames: [...place, 'reason'],
    registers: [registry],
  })
  const terms = Object.entries(BALANCE_TERMS).map(([term, name]) => ({
    term: term as keyof typeof BALANCE_TERMS,
    counter: counter(
      name,
      `Messages ${term === 'received' ? 'received' : `that ended as ${term}`}, since the journal began.`,
    ),
  }))
  addLaneGauges(registry, lanes)
  for (const report of lanes) {
    const { tenant, destination, balance, refusals, alarms } = report
    const labels = { tenant, destination }
    for (const { code, messages } of alarms) alarm.set({ ...labels, reason: code }, messages)
    late.inc(labels, report.attributesLate)
    doubted.inc(labels, report.doubtfulTimes)
    holds.set(labels, toLaneBalance(report).holds ? 1 : 0)
    position.set(labels, balance.position)
    waiting.set(labels, balance.waiting)
    kept.set(labels, balance.quarantined)
    for (const { term, counter } of terms) counter.inc(labels, balance[term])
    for (const [code, count] of Object.entries(refusals)) quarantined.inc({ ...labels, reason: code }, count)
  }
  return registry
}
