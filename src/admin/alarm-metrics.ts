/** The figures of the watchdogs for Prometheus, made at each scrape. */
import { Counter, Gauge, Registry } from 'prom-client'
import type { WatchedFigures } from '../alarms/watchdogs.ts'

export function createAlarmMetrics({ alarms, devices, webhooks }: WatchedFigures): Registry {
  const registry = new Registry()
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] })
  const standing = gauge('tromost_alarms', 'Alarms that stand; the tenant is empty for those of the agent.', [
    'kind',
    'tenant',
  ])
  const known = gauge('tromost_devices', 'Devices that are provisioned or implied.', ['tenant'])
  const silent = gauge('tromost_devices_silent', 'Devices that are silent for too long.', ['tenant'])
  const neverHeard = gauge('tromost_devices_never_heard', 'Devices that were never heard.', ['tenant'])
  const low = gauge('tromost_devices_low_battery', 'Devices whose battery is low.', ['tenant'])
  const waiting = gauge('tromost_webhook_waiting', 'Events that wait for a webhook.', ['webhook'])
  const dropped = new Counter({
    name: 'tromost_webhook_dropped_total',
    help: 'Events that a webhook was not told of, since the start.',
    labelNames: ['webhook'],
    registers: [registry],
  })
  for (const { kind, tenant = '' } of alarms) standing.inc({ kind, tenant })
  for (const { tenant, ...counts } of devices) {
    known.set({ tenant }, counts.devices)
    silent.set({ tenant }, counts.silent)
    neverHeard.set({ tenant }, counts.neverHeard)
    low.set({ tenant }, counts.lowBattery)
  }
  for (const { name: webhook, ...report } of webhooks) {
    waiting.inc({ webhook }, report.waiting)
    dropped.inc({ webhook }, report.dropped)
  }
  return registry
}
