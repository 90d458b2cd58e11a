/** aedes with our rules in its hooks: who may connect, what may be published, and no PUBACK before the message is stored. */
import type { Duplex } from 'node:stream'
import { Aedes, type AedesPublishPacket, type Client, type PublishPacket } from 'aedes'
import type { MqttConfig } from '../config/config.ts'
import { type ErrorCode, TromostError } from '../errors.ts'
import type { StoreMessage } from '../reading.ts'
import type { Credentials, Touched } from '../registry/credentials.ts'
import type { Registry } from '../registry/registry.ts'
import { oncePerTurn } from '../turn-clock.ts'
import { Audience } from './audience.ts'
import { Guard } from './guard.ts'
import { Logins } from './logins.ts'
import { type ObservedStore, observeStore } from './observe-store.ts'
import type { IngestObserver } from './observer.ts'
import type { Peer } from './peer.ts'
import type { PublishPacket as ShortPublish } from './publish-packet.ts'
import { markSent } from './redelivery.ts'
import type { Session, SessionTopic } from './session.ts'
import { Unreleased } from './unreleased.ts'

export interface BrokerOptions {
  readonly limits: MqttConfig['limits']
  readonly registry: Registry
  readonly credentials: Credentials
  readonly store: StoreMessage
  /** Answers a message of a tenant that is not stored, once everything before it is answered (MQTT-4.6.0-2). */
  readonly passAfter: (tenant: string, done: () => void) => void
  readonly observer: IngestObserver
}

type Done = (error?: Error | null) => void

/** Of each client from its first byte on. */
interface Link {
  readonly guard: Guard
  readonly peer: Peer
}

interface Connection {
  readonly session: Session
  readonly guard: Guard
}

/**
 * From its heartbeats aedes concludes which brokers that share its store are dead, and publishes the wills of their clients. We
 * share none, and after a jump of the clock it would take ourselves for dead: so the heart beats as slowly as a timer can.
 */
const HEARTBEAT_MS = 2 ** 29 - 1
/** A subscriber that reads nothing for this long is cut off, since it holds up whoever publishes to it. */
const DRAIN_TIMEOUT_MS = 5_000

const getNow = oncePerTurn(Date.now)

export class Broker {
  readonly #options: BrokerOptions
  readonly #storeMessage: ObservedStore
  readonly aedes: Aedes
  readonly #logins: Logins
  readonly #links = new WeakMap<Client, Link>()
  readonly #audience = new Audience()
  readonly #unreleased: Unreleased

  private constructor(options: BrokerOptions) {
    this.#options = options
    this.#storeMessage = observeStore(options.store, options.observer)
    this.#logins = new Logins({
      ...options,
      topicLevelsMax: options.limits.topicLevels,
      onRefused: (code, detail) => this.#refuse(code, detail),
      onDropped: clientId => this.#audience.forget(clientId),
    })
    this.aedes = new Aedes({
      connectTimeout: options.limits.connectTimeout,
      maxTopicLevels: options.limits.topicLevels,
      drainTimeout: DRAIN_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      authenticate: (client, username, password, done) =>
        void this.#logins.authenticate(client, { username, password }, this.#links.get(client)?.peer, done),
      authorizePublish: (client, packet, done) => this.#authorizePublish(client, packet, done),
      authorizeSubscribe: (client, subscription, done) => {
        done(null, this.#logins.getSession(client)?.maySubscribe(subscription.topic) ? subscription : null)
      },
      // Asked again for each message: a kept session may hold filters that were never granted.
      authorizeForward: (client, packet) =>
        this.#logins.getSession(client)?.mayReceive(packet.topic) ? packet : null,
    })
    this.#unreleased = new Unreleased(this.aedes)
    this.#watchClients()
    this.#spareFanOut()
  }

  static async open(options: BrokerOptions): Promise<Broker> {
    const broker = new Broker(options)
    await broker.aedes.listen()
    return broker
  }

  /** Takes a connection of a client that has said nothing yet. */
  handle(socket: Duplex, peer: Peer): void {
    const guard = new Guard(socket, {
      packetBytesMax: this.#options.limits.packetBytes,
      receiveMax: this.#options.limits.qos2InFlight,
      sessionExpirySeconds: Math.floor(this.#options.limits.sessionExpiry / 1_000),
      drainTimeoutMs: DRAIN_TIMEOUT_MS,
      onFault: ({ code, detail }) =>
        this.#refuse(code, `client ${client.id ?? '(not logged in)'}: ${detail}`),
    })
    const client = this.aedes.handle(guard)
    this.#links.set(client, { guard, peer })
  }

  /** A message of our own to whoever listens, at QoS 0. */
  publish(topic: string, payload: Buffer): void {
    this.aedes.publish({ cmd: 'publish', qos: 0, dup: false, retain: false, topic, payload }, () => {})
  }

  /** Ends connections whose credential may no longer do what it could. */
  recheck(touched: Touched): void {
    this.#logins.recheck(touched, this.aedes)
  }

  close(): Promise<void> {
    return new Promise(resolve => this.aedes.close(resolve))
  }

  /** The short way: the topic is known to be allowed, and nobody but the journal wants the message. */
  #takePublish(
    { session, guard }: Connection,
    packet: ShortPublish,
    mayBeShort: boolean,
    done: Done,
  ): boolean {
    const { qos, payload, id: packetId, isRedelivery } = packet
    const topic = session.getPlainTopic(packet.topicKey)
    if (!mayBeShort || topic === undefined || packet.isRetained || qos === 2) return false
    if (this.#audience.has(topic.name)) return false
    const { tenant } = session.credential
    const { deviceId: device, name } = topic
    const receivedAt = getNow()
    const message = { tenant, device, topic: name, payload, receivedAt, qos, packetId, isRedelivery }
    this.#storeMessage(message, done, guard, topic)
    return true
  }

  /** The long way. The only hook that runs before the PUBACK. */
  #authorizePublish(client: Client | null, packet: PublishPacket, answer: Done): void {
    const guard = client === null ? undefined : this.#links.get(client)?.guard
    const done: Done = error => {
      answer(error)
      guard?.answered()
    }
    const session = this.#logins.getSession(client)
    if (client === null || session === undefined) {
      done(new TromostError('TOPIC_FORBIDDEN', `${packet.topic}: no client`))
      return
    }
    // Topics of the server's own (4.7.2) are not for clients; the specification leaves to us how to say so.
    if (packet.topic.startsWith('$')) {
      this.#options.passAfter(session.credential.tenant, done)
      return
    }
    const topic = session.getTopic(packet.topic)
    if (!topic.isAllowed) {
      const detail = `client ${client.id} of ${session.credential.id}: ${packet.topic}`
      this.#refuse('TOPIC_FORBIDDEN', detail)
      done(new TromostError('TOPIC_FORBIDDEN', detail))
      return
    }
    const { tenant } = session.credential
    const take = (answerTaken: Done) => {
      if (topic.isKept) this.#store(tenant, topic, packet, guard, answerTaken)
      else this.#options.passAfter(tenant, answerTaken)
      // For those who hear of it, it is not sent again (MQTT-3.3.1-3).
      packet.dup = false
    }
    this.#unreleased.take(client, packet, take, done)
  }

  #store(
    tenant: string,
    topic: SessionTopic,
    { payload, qos, messageId: packetId, dup: isRedelivery }: PublishPacket,
    guard: Guard | undefined,
    done: Done,
  ): void {
    const { deviceId: device, name } = topic
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
    const receivedAt = getNow()
    const message = { tenant, device, topic: name, payload: bytes, receivedAt, qos, packetId, isRedelivery }
    this.#storeMessage(message, done, guard, topic)
  }

  #refuse(code: ErrorCode, detail: string): void {
    this.#options.observer.refused(code, detail)
  }

  #watchClients(): void {
    this.aedes.on('subscribe', (subscriptions, client) => {
      this.#audience.add(
        client.id,
        subscriptions.map(({ topic }) => topic),
      )
    })
    this.aedes.on('clientDisconnect', client => {
      if (!client.clean) void markSent(this.aedes, client.id)
    })
    this.aedes.on('unsubscribe', (filters, client) => this.#audience.remove(client.id, filters))
    this.aedes.on('clientReady', client => {
      if (client.clean) this.#audience.forget(client.id)
      const session = this.#logins.getSession(client)
      if (session === undefined) return
      const guard = this.#links.get(client)?.guard
      if (guard === undefined) return
      // Only now: with a clean session it has begun.
      if (guard.keepsSession) Object.assign(client, { clean: false })
      const connection = { session, guard }
      guard.open((packet, mayBeShort, done) => this.#takePublish(connection, packet, mayBeShort, done))
    })
  }

  /** aedes has no option for this, so its publish is wrapped: only what somebody hears, or what is retained, goes through it. */
  #spareFanOut(): void {
    const fanOut = this.aedes.publish.bind(this.aedes) as (...publication: unknown[]) => void
    const publish = (packet: AedesPublishPacket, client: unknown, done: unknown) => {
      // Only what a client publishes comes with all three. aedes steers itself by topics of its own: no client may reach those.
      const isSpared = packet.topic.startsWith('$') || (!packet.retain && !this.#audience.has(packet.topic))
      if (typeof done === 'function' && isSpared) done()
      else fanOut(packet, client, done)
    }
    Object.assign(this.aedes, { publish })
  }
}
