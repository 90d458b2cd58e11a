/** The store of aedes, in memory: of each tenant its own, with a bound on everything. What it keeps ends with the process. */
import { Readable } from 'node:stream'
import type { AedesPublishPacket, Client } from 'aedes'
import type { MqttLimits } from '../../config/mqtt-limits.ts'
import type { ErrorCode } from '../../errors.ts'
import type { Rights } from '../rights.ts'
import { FilterIndex } from './filter-index.ts'
import { KeptSession, type KeptSubscription } from './kept-session.ts'
import type { Origins } from './origins.ts'
import { RetainedMessages } from './retained-messages.ts'
import type { PacketName, WaitingPacket } from './waiting-queue.ts'

export interface BrokerStoreOptions {
  readonly limits: MqttLimits
  readonly origins: Origins
  /** Of a client that is connected, or was until just now. */
  readonly getSubscriber: (client: ClientName) => Subscriber | undefined
  readonly onRefused: (code: ErrorCode, detail: string, source: string) => void
}

/** All that aedes names a client by; mostly it is the client itself. */
export type ClientName = Pick<Client, 'id'>

interface Subscriber {
  readonly credential: { readonly tenant: string }
  /** Whether the filter was granted. */
  isSubscribed(filter: string): boolean
}

type QoS = KeptSubscription['qos']

/** A subscription that a message is to wait for. */
interface Waiting {
  readonly clientId: string
  readonly tenant: string
  readonly qos: QoS
}

/** Its methods are those that aedes asks its persistence for. */
export class BrokerStore {
  readonly retained: RetainedMessages
  readonly #options: BrokerStoreOptions
  readonly #sessions = new Map<string, KeptSession>()
  readonly #waiting = new FilterIndex<Waiting>()
  /** Packet ids of messages at QoS 2 that were taken in and not released, by client. */
  readonly #unreleased = new Map<string, Set<number>>()
  #subscriberTenant = ''

  constructor(options: BrokerStoreOptions) {
    this.#options = options
    this.retained = new RetainedMessages(options.limits, options.origins)
  }

  /** aedes asks for what is retained right after it has said who has subscribed. */
  expectSubscriber(tenant: string): void {
    this.#subscriberTenant = tenant
  }

  /** Whether a message may have to wait for somebody. */
  isAwaited(topic: string): boolean {
    return this.#waiting.has(topic)
  }

  /** Keeps no more than these rights allow. */
  narrow(clientId: string, rights: Pick<Rights, 'maySubscribe' | 'mayReceive'>): void {
    const session = this.#sessions.get(clientId)
    if (session === undefined) return
    const refused = [...session.subscriptions.keys()].filter(filter => !rights.maySubscribe(filter))
    for (const filter of refused) this.#unsubscribe(clientId, session, filter)
    session.queue.narrow(topic => rights.mayReceive(topic))
  }

  /** Drops all that is kept for a client. */
  drop(clientId: string): void {
    const session = this.#sessions.get(clientId)
    for (const filter of session?.subscriptions.keys() ?? []) this.#waiting.remove(filter, clientId)
    this.#sessions.delete(clientId)
    this.#unreleased.delete(clientId)
  }

  /** What a client was sent and has not acknowledged comes again as one that comes again (MQTT-3.3.1-1), which aedes does not say. */
  markSent({ id }: ClientName): void {
    this.#sessions.get(id)?.queue.markSent()
  }

  async setup(): Promise<void> {}

  async storeRetained({ topic, payload, qos }: AedesPublishPacket): Promise<void> {
    const origin = this.#options.origins.find(payload)
    if (origin === undefined || typeof payload === 'string') return
    if (this.retained.keep({ topic, payload, qos }, origin)) return
    this.#options.onRefused('RETAINED_FULL', `${origin.credentialId}: ${topic}`, origin.credentialId)
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    const tenant = this.#subscriberTenant
    return Readable.from(toRetained(this.retained.match(tenant, filters)))
  }

  /** Of a SUBSCRIBE that mixes filters, aedes names those as well that were not granted. */
  async addSubscriptions(client: ClientName, subscriptions: readonly KeptSubscription[]): Promise<void> {
    const subscriber = this.#options.getSubscriber(client)
    if (subscriber === undefined) return
    const { tenant } = subscriber.credential
    const session = this.#sessions.get(client.id) ?? new KeptSession(tenant, this.#options.limits)
    for (const { topic, qos } of subscriptions) {
      if (session.subscriptions.get(topic)?.qos === qos || !subscriber.isSubscribed(topic)) continue
      session.subscriptions.set(topic, { topic, qos })
      if (qos > 0) this.#waiting.add(topic, client.id, { clientId: client.id, tenant, qos })
      else this.#waiting.remove(topic, client.id)
    }
    this.#sessions.set(client.id, session)
  }

  async removeSubscriptions({ id }: ClientName, filters: readonly string[]): Promise<void> {
    const session = this.#sessions.get(id)
    if (session !== undefined) for (const filter of filters) this.#unsubscribe(id, session, filter)
  }

  async subscriptionsByClient({ id }: ClientName): Promise<readonly KeptSubscription[]> {
    return [...(this.#sessions.get(id)?.subscriptions.values() ?? [])]
  }

  async cleanSubscriptions({ id }: ClientName): Promise<void> {
    const session = this.#sessions.get(id)
    for (const filter of session?.subscriptions.keys() ?? []) this.#waiting.remove(filter, id)
    this.#sessions.delete(id)
  }

  /** One for each client, with the highest QoS of those that select the topic (MQTT-3.3.5-1). */
  async subscriptionsByTopic(topic: string): Promise<readonly Waiting[]> {
    const byClient = new Map<string, Waiting>()
    for (const waiting of this.#waiting.match(topic))
      if ((byClient.get(waiting.clientId)?.qos ?? 0) < waiting.qos) byClient.set(waiting.clientId, waiting)
    return [...byClient.values()]
  }

  async outgoingEnqueue({ clientId }: { clientId: string }, packet: AedesPublishPacket): Promise<void> {
    this.#enqueue(clientId, packet, packet.qos)
  }

  async outgoingEnqueueCombi(waiting: readonly Waiting[], packet: AedesPublishPacket): Promise<void> {
    const { origins } = this.#options
    const tenant = origins.find(packet.payload)?.tenant
    if (waiting.length === 0 || tenant === undefined || typeof packet.payload === 'string') return
    const kept = { ...packet, payload: origins.copy(packet.payload) }
    for (const { clientId, qos, tenant: own } of waiting)
      if (own === tenant) this.#enqueue(clientId, kept, lower(qos, packet.qos))
  }

  async outgoingUpdate({ id }: ClientName, packet: PacketName): Promise<void> {
    this.#sessions.get(id)?.queue.update(packet)
  }

  async outgoingClearMessageId({ id }: ClientName, packet: PacketName): Promise<WaitingPacket | undefined> {
    return this.#sessions.get(id)?.queue.remove(packet)
  }

  outgoingStream({ id }: ClientName): Readable {
    return Readable.from(this.#sessions.get(id)?.queue.list() ?? [])
  }

  async incomingStorePacket({ id }: ClientName, { messageId = 0 }: PacketName): Promise<void> {
    const unreleased = this.#unreleased.get(id) ?? new Set()
    // Beyond one connection, which aedes itself bounds.
    if (unreleased.size >= this.#options.limits.qos2InFlight) throw new Error(QOS2_FULL)
    this.#unreleased.set(id, unreleased.add(messageId))
  }

  async incomingGetPacket({ id }: ClientName, { messageId = 0 }: PacketName): Promise<PacketName> {
    if (!this.#unreleased.get(id)?.has(messageId)) throw new Error('no such packet')
    return { messageId }
  }

  async incomingDelPacket({ id }: ClientName, { messageId = 0 }: PacketName): Promise<void> {
    if (!this.#unreleased.get(id)?.delete(messageId)) throw new Error('no such packet')
  }

  async cleanIncoming({ id }: ClientName): Promise<void> {
    this.#unreleased.delete(id)
  }

  /** The client itself has its will as long as it is connected; no other broker would ever publish it. */
  async putWill(): Promise<void> {}

  async delWill(): Promise<void> {}

  streamWill(): Readable {
    return Readable.from([])
  }

  #enqueue(clientId: string, packet: AedesPublishPacket, qos: QoS): void {
    const session = this.#sessions.get(clientId)
    if (session === undefined || typeof packet.payload === 'string') return
    const { brokerId, brokerCounter, topic, payload } = packet
    const dropped = session.queue.add({
      ...{ cmd: 'publish', brokerId, brokerCounter, topic, payload, qos },
      ...{ retain: false, dup: false, messageId: undefined },
    })
    if (dropped > 0) this.#options.onRefused('QUEUE_FULL', `client ${clientId}: ${topic}`, clientId)
  }

  #unsubscribe(clientId: string, session: KeptSession, filter: string): void {
    session.subscriptions.delete(filter)
    this.#waiting.remove(filter, clientId)
  }
}

/** The words of the fault that ends a connection whose messages at QoS 2 are too many; those of aedes begin alike. */
export const QOS2_FULL = 'maxInflightInbound exceeded'

function lower(one: QoS, other: QoS): QoS {
  if (one < other) return one
  return other
}

function* toRetained(messages: Iterable<object>): Generator<object> {
  for (const message of messages) yield { cmd: 'publish', ...message, retain: true }
}
