/** The last message of each topic that somebody wanted retained: of each tenant its own, within bounds, and only as long as its publisher may publish it. */
import { matchesTopic } from '../../topic-filter.ts'
import type { Origin, Origins } from './origins.ts'

export interface RetainedMessage {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: 0 | 1 | 2
}

export interface RetainedBounds {
  readonly retainedMessages: number
  readonly retainedBytes: number
  readonly retainedPerDevice: number
}

interface Retained extends RetainedMessage {
  readonly credentialId: string
}

interface TenantMessages {
  readonly messages: Map<string, Retained>
  /** How many there are of each credential. */
  readonly counts: Map<string, number>
  bytes: number
}

export class RetainedMessages {
  readonly #bounds: RetainedBounds
  readonly #origins: Origins
  readonly #tenants = new Map<string, TenantMessages>()

  constructor(bounds: RetainedBounds, origins: Origins) {
    this.#bounds = bounds
    this.#origins = origins
  }

  /** False when it is beyond a bound: then nothing is retained of the topic. An empty one takes back what was (MQTT 3.1.1, 3.3.1.3). */
  keep({ topic, payload, qos }: RetainedMessage, origin: Origin): boolean {
    const of = this.#getTenant(origin.tenant)
    remove(of, topic)
    if (payload.length === 0) return true
    const count = of.counts.get(origin.credentialId) ?? 0
    const isWithin =
      (!origin.isDevice || count < this.#bounds.retainedPerDevice) &&
      of.messages.size < this.#bounds.retainedMessages &&
      of.bytes + payload.length <= this.#bounds.retainedBytes
    if (!isWithin) return false
    const packet = this.#origins.mark({ payload: Buffer.from(payload) }, origin)
    of.messages.set(topic, { topic, payload: packet.payload, qos, credentialId: origin.credentialId })
    of.counts.set(origin.credentialId, count + 1)
    of.bytes += payload.length
    return true
  }

  list(tenant: string): readonly RetainedMessage[] {
    return [...this.#getTenant(tenant).messages.values()]
  }

  /** Those that a subscriber of a tenant gets first. */
  *match(tenant: string, filters: readonly string[]): Generator<RetainedMessage> {
    const { messages } = this.#getTenant(tenant)
    for (const filter of filters) {
      const exact = messages.get(filter)
      if (exact !== undefined) yield exact
      if (!/[+#]/.test(filter)) continue
      for (const message of [...messages.values()]) if (matchesTopic(filter, message.topic)) yield message
    }
  }

  /** Drops those of a credential that it may not publish any more. */
  narrow(mayPublish: (credentialId: string, topic: string) => boolean): void {
    for (const of of this.#tenants.values())
      for (const { credentialId, topic } of [...of.messages.values()])
        if (!mayPublish(credentialId, topic)) remove(of, topic)
  }

  #getTenant(tenant: string): TenantMessages {
    const known = this.#tenants.get(tenant)
    if (known !== undefined) return known
    const created: TenantMessages = { messages: new Map(), counts: new Map(), bytes: 0 }
    this.#tenants.set(tenant, created)
    return created
  }
}

function remove(of: TenantMessages, topic: string): void {
  const { messages, counts } = of
  const known = messages.get(topic)
  if (known === undefined) return
  messages.delete(topic)
  of.bytes -= known.payload.length
  const left = (counts.get(known.credentialId) ?? 1) - 1
  if (left === 0) counts.delete(known.credentialId)
  else counts.set(known.credentialId, left)
}
