/** The figures of bridges to foreign brokers, as they are at a scrape. */
import { Counter, Gauge, Registry } from 'prom-client'
import type { BridgeReport } from '../ingest/bridges/bridge.ts'

export function createBridgeMetrics(bridges: readonly BridgeReport[]): Registry {
  const registry = new Registry()
  const options = { labelNames: ['bridge', 'tenant'] as const, registers: [registry] }
  const connected = new Gauge({
    name: 'tromost_bridge_connected',
    help: '1 while the bridge is connected to its broker.',
    ...options,
  })
  const acknowledged = new Counter({
    name: 'tromost_bridge_acknowledged_total',
    help: 'Messages acknowledged at the foreign broker since the start.',
    ...options,
  })
  for (const { id, tenant, isConnected, acknowledged: count } of bridges) {
    connected.set({ bridge: id, tenant }, isConnected ? 1 : 0)
    acknowledged.inc({ bridge: id, tenant }, count)
  }
  return registry
}
