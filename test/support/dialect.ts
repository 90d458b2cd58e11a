/** A dialect with the broker that it delivers to, for tests of what is special about one of them. */
import type { EntityText } from '../../src/reading.ts'
import type { Dialect } from '../../src/uplink/dialect.ts'
import { createDialect } from '../../src/uplink/dialects.ts'
import { PreviewStore } from '../../src/uplink/preview-store.ts'
import type { Verdict } from '../../src/uplink/verdict.ts'
import { FixtureBroker, type Wording } from './brokers/fixture-broker.ts'
import { createDestination } from './destination.ts'

export interface OpenDialect {
  readonly broker: FixtureBroker
  deliver(...entities: readonly EntityText[]): Promise<Verdict>
  close(): Promise<void>
}

export async function openDialect(
  dialect: string,
  wording: Wording,
  { brokerTenant, ...settings }: { readonly brokerTenant?: string; readonly context?: string } = {},
): Promise<OpenDialect> {
  const broker = await FixtureBroker.start(wording)
  const destination = createDestination({ dialect, url: broker.url, ...settings })
  const opened: Dialect = createDialect({ destination, tenant: 'kranj', brokerTenant }, new PreviewStore())
  return {
    broker,
    deliver: (...entities) => opened.deliver(entities.map(entity => opened.wrap(entity, () => {}))),
    close: async () => {
      await opened.close()
      await broker.close()
    },
  }
}
