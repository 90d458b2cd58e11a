/** The retained messages of the broker, by tenant, for whoever exports, imports or forgets them. In memory only, as long as the agent runs. */
import type { Registry } from '../registry/registry.ts'
import type { RetainedMessage, RetainedMessages } from './store/retained-messages.ts'

export type { RetainedMessage } from './store/retained-messages.ts'

export class Retained {
  readonly #messages: RetainedMessages
  readonly #registry: Registry

  constructor(messages: RetainedMessages, registry: Registry) {
    this.#messages = messages
    this.#registry = registry
  }

  /** Those that name a device of the tenant. */
  *list(tenant: string): Generator<RetainedMessage & { readonly device: string }> {
    for (const { topic, payload, qos } of this.#messages.list(tenant)) {
      const { device } = this.#registry.resolve(tenant, topic)
      if (device !== undefined) yield { topic, payload, qos, device: device.id }
    }
  }

  /** For whoever of the tenant subscribes from now on. False where the tenant has as many as it may. */
  keep(tenant: string, message: RetainedMessage): boolean {
    return this.#messages.keep(message, { tenant, credentialId: '', isDevice: false })
  }

  /** What is empty is not retained (MQTT 3.1.1, 3.3.1.3). */
  forget(tenant: string, topic: string): void {
    this.keep(tenant, { topic, payload: Buffer.alloc(0), qos: 0 })
  }
}
