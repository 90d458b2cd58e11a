/** A bridge as tests open it: to a foreign broker on a real socket, around a store that answers when the test says so. */
import { bridgesSchema } from '../../../src/config/bridge.ts'
import { configSchema } from '../../../src/config/config.ts'
import { openTo } from '../../../src/egress/egress.ts'
import type { BridgeReport } from '../../../src/ingest/bridges/bridge.ts'
import { type Bridges, openBridges } from '../../../src/ingest/bridges/bridges.ts'
import { createRegistry, HeldStore, Observed } from '../test-ingest.ts'

const TOPIC = 'application/1/device/+/event/up'

export class TestBridge {
  readonly held: HeldStore
  readonly observed: Observed
  readonly changes: BridgeReport[] = []
  readonly #bridges: Bridges

  /** As after a restart, where a store is given that another one had. */
  constructor(
    bridge: Readonly<Record<string, unknown>>,
    held = new HeldStore(),
    egress = openTo(String(bridge['url'])),
  ) {
    this.held = held
    this.observed = new Observed()
    const { mqtt } = configSchema.parse({ mqtt: { limits: { packetBytes: '1KiB' } } })
    this.#bridges = openBridges({
      mqtt,
      bridges: bridgesSchema.parse([{ id: 'lora', tenant: 'kranj', topics: [TOPIC], ...bridge }]),
      registry: createRegistry({
        tenants: [{ id: 'kranj' }],
        devices: [{ tenant: 'kranj', id: 'dev', profile: 'p' }],
      }),
      key: Buffer.alloc(32, 7),
      egress,
      observer: this.observed,
      store: held.store,
      passAfter: (_tenant, done) => held.passAfter(done),
      onBridge: report => this.changes.push(report),
    })
  }

  get report(): BridgeReport {
    const [report] = this.#bridges.getReports()
    if (report === undefined) throw new Error('expected a bridge')
    return report
  }

  get payloads(): readonly string[] {
    return this.held.messages.map(({ payload }) => payload.toString())
  }

  close(): Promise<void> {
    return this.#bridges.close()
  }
}
