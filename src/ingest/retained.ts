/** The retained messages of the broker, by tenant: the last one of a topic that named a device of the tenant. In memory only, as long as the agent runs. */
import type { Aedes } from 'aedes'
import type { Registry } from '../registry/registry.ts'

export interface RetainedMessage {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: 0 | 1 | 2
}

/** What is used of the store that aedes has. */
interface RetainedStore {
  createRetainedStream(filter: string): AsyncIterable<RetainedMessage & { readonly retain: boolean }>
  storeRetained(packet: object): Promise<void>
}

export class Retained {
  readonly #aedes: Aedes
  readonly #registry: Registry

  constructor(aedes: Aedes, registry: Registry) {
    this.#aedes = aedes
    this.#registry = registry
  }

  /** The broker does not know whose topic it is: only what names a device of this tenant, and of no other, is the tenant's. */
  async *list(tenant: string): AsyncGenerator<RetainedMessage & { readonly device: string }> {
    for await (const { topic, payload, qos } of this.#store.createRetainedStream('#')) {
      const owners = this.#registry.tenants.filter(({ id }) => this.#findDevice(id, topic) !== undefined)
      if (owners.length !== 1 || owners[0]?.id !== tenant) continue
      yield { topic, payload: Buffer.from(payload), qos, device: this.#findDevice(tenant, topic) ?? '' }
    }
  }

  /** For whoever subscribes from now on. */
  async keep({ topic, payload, qos }: RetainedMessage): Promise<void> {
    const packet = { cmd: 'publish', topic, payload, qos, retain: true, dup: false }
    await this.#store.storeRetained({ ...packet, brokerId: this.#aedes.id, brokerCounter: 0 })
  }

  /** What is empty is not retained (MQTT 3.1.1, 3.3.1.3). */
  forget(topic: string): Promise<void> {
    return this.keep({ topic, payload: Buffer.alloc(0), qos: 0 })
  }

  get #store(): RetainedStore {
    return Reflect.get(this.#aedes, 'persistence') as RetainedStore
  }

  #findDevice(tenant: string, topic: string): string | undefined {
    return this.#registry.resolve(tenant, topic).device?.id
  }
}
