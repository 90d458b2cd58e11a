/** What is in the journal and what may be, in all and of each tenant, for Prometheus. */
import { Gauge, Registry } from 'prom-client'
import type { JournalUsage } from '../journal/room.ts'

export function createJournalMetrics({ bytes, maxBytes, tenants }: JournalUsage): Registry {
  const registry = new Registry()
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] })
  gauge('tromost_journal_bytes', 'What the records of the journal take.').set(bytes)
  gauge('tromost_journal_max_bytes', 'What they may take: journal.maxBytes.').set(maxBytes)
  const ofTenant = gauge('tromost_journal_tenant_bytes', 'What the records of one tenant take.', ['tenant'])
  const boundOfTenant = gauge('tromost_journal_tenant_max_bytes', 'What they may take.', ['tenant'])
  for (const { tenant, ...usage } of tenants) {
    ofTenant.set({ tenant }, usage.bytes)
    boundOfTenant.set({ tenant }, usage.maxBytes)
  }
  return registry
}
