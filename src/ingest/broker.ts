/** aedes with our rules in its hooks: who may connect, what may be published, and no PUBACK before the message is stored. */
import type { Duplex } from 'node:stream'
import { Aedes, type Client, type PublishPacket } from 'aedes'
import type { MqttLimits } from '../config/mqtt-limits.ts'
import { type ErrorCode, TromostError } from '../errors.ts'
import type { Command, StoreMessage } from '../reading.ts'
import type { Credentials, Touched } from '../registry/credentials.ts'
import type { Registry } from '../registry/registry.ts'
import { getNow, getTime } from '../turn-clock.ts'
import { Delivery } from './delivery.ts'
import { Guard } from './guard.ts'
import { findMetLimit } from './limits/met-limit.ts'
import { type Caller, Logins } from './logins.ts'
import { type ObservedStore, observeStore } from './observe-store.ts'
import type { IngestObserver } from './observer.ts'
import { getTimeLeft, type Peer } from './peer.ts'
import type { PublishPacket as ShortPublish } from './publish-packet.ts'
import { isReserved } from './rights.ts'
import type { Session, SessionTopic } from './session.ts'
import type { RetainedMessages } from './store/retained-messages.ts'
import { Unreleased } from './unreleased.ts'

export interface BrokerOptions {
  readonly limits: MqttLimits
  readonly registry: Registry
  readonly credentials: Credentials
  readonly store: StoreMessage
  /** Answers a message of a tenant that is not stored, once everything before it is answered (MQTT-4.6.0-2). */
  readonly passAfter: (tenant: string, done: () => void) => void
  readonly observer: IngestObserver
}

type Done = (error?: Error | null) => void

/** Of each client from its first byte on. */
interface Link extends Caller {
  readonly guard: Guard
}

interface Connection extends Pick<Link, 'guard'> {
  readonly session: Session
  readonly client: Client
}

/** A client that does not read what is sent to it for this long is cut off. */
const DRAIN_TIMEOUT_MS = 5_000
/** The most that the parts of aedes can take. Ours is looked at before. */
const TOPIC_LEVELS_MAX = 100

export class Broker {
  readonly #options: BrokerOptions
  readonly #storeMessage: ObservedStore
  readonly aedes: Aedes
  readonly #logins: Logins
  readonly #links = new WeakMap<Client, Link>()
  readonly #delivery: Delivery
  readonly #unreleased: Unreleased

  private constructor(options: BrokerOptions) {
    this.#options = options
    this.#storeMessage = observeStore(options.store, options.observer)
    const onRefused: IngestObserver['refused'] = (...refusal) => options.observer.refused(...refusal)
    this.#logins = new Logins({
      ...{ ...options, onRefused },
      onDropped: clientId => this.#delivery.drop(clientId),
      onNarrowed: (clientId, rights) => this.#delivery.narrow(clientId, rights),
    })
    const { limits } = options
    const getSession = (client: Client | null) => this.#logins.getSession(client)
    this.#delivery = new Delivery({ limits, onRefused, getSession })
    this.aedes = new Aedes({
      persistence: this.#delivery.store,
      // Nobody waits for those who listen; what waits for one of them is bounded by unreadBytes.
      concurrency: 0,
      maxTopicLevels: TOPIC_LEVELS_MAX,
      maxInflightInbound: limits.qos2InFlight,
      drainTimeout: DRAIN_TIMEOUT_MS,
      preConnect: (client, { will }, done) => {
        Object.assign(this.#links.get(client) ?? {}, { will })
        done(null, true)
      },
      authenticate: (client, username, password, done) =>
        void this.#logins.authenticate(client, { username, password }, this.#links.get(client), done),
      authorizePublish: (client, packet, done) => this.#authorizePublish(client, packet, done),
      authorizeSubscribe: this.#delivery.authorizeSubscribe,
      authorizeForward: this.#delivery.authorizeForward,
    })
    this.#delivery.watch(this.aedes)
    this.#unreleased = new Unreleased(this.#delivery.store)
    this.#watchClients()
  }

  static async open(options: BrokerOptions): Promise<Broker> {
    const broker = new Broker(options)
    await broker.aedes.listen()
    return broker
  }

  /** Takes a connection of a client that has said nothing yet. */
  handle(socket: Duplex, peer: Peer): void {
    const { packetBytes, idleTimeout, qos2InFlight, sessionExpiry, connectTimeout } = this.#options.limits
    const guard = new Guard(socket, {
      packetBytesMax: packetBytes,
      receiveMax: qos2InFlight,
      sessionExpirySeconds: Math.floor(sessionExpiry / 1_000),
      drainTimeoutMs: DRAIN_TIMEOUT_MS,
      idleTimeoutMs: idleTimeout,
      onFault: ({ code, detail }) =>
        this.#options.observer.refused(
          code,
          `client ${client.id ?? '(not logged in)'}: ${detail}`,
          peer.address,
        ),
    })
    // It reads it once, for each connection its own.
    Object.assign(this.aedes, { connectTimeout: getTimeLeft(peer, connectTimeout) })
    const client = this.aedes.handle(guard)
    this.#links.set(client, { guard, peer })
  }

  get retained(): RetainedMessages {
    return this.#delivery.store.retained
  }

  /** A message of our own to whoever of its tenant listens, at QoS 0. */
  publish(command: Pick<Command, 'tenant' | 'topic' | 'payload'>): void {
    this.#delivery.publish(this.aedes, command)
  }

  /** Ends connections whose credential may no longer do what it could, and keeps nothing that it may not have or leave. */
  recheck(touched: Touched): void {
    this.#logins.recheck(touched)
    this.#delivery.recheck(id => this.#logins.findRights(id))
  }

  close(): Promise<void> {
    this.#logins.close()
    return new Promise(resolve => this.aedes.close(resolve))
  }

  /** The short way: the topic is known to be allowed, and nobody but the journal wants the message. */
  #takePublish(connection: Connection, packet: ShortPublish, mayBeShort: boolean, done: Done): boolean {
    const { session } = connection
    const { qos, payload, id: packetId, isRedelivery } = packet
    const topic = session.getPlainTopic(packet.topicKey)
    if (!mayBeShort || topic === undefined || packet.isRetained || qos === 2) return false
    if (this.#delivery.isHeard(topic.name)) return false
    const { tenant } = session.credential
    const { deviceId: device, name } = topic
    const receivedAt = getNow()
    const message = { tenant, device, topic: name, payload, receivedAt, qos, packetId, isRedelivery }
    this.#storeMessage(message, done, connection.guard, topic)
    this.#pace(connection, payload.length)
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
    if (client === null || session === undefined || guard === undefined) {
      done(new TromostError('TOPIC_FORBIDDEN', `${packet.topic}: no client`))
      return
    }
    // Topics of the server's own (4.7.2) are not for clients; the specification leaves to us how to say so.
    if (isReserved(packet.topic)) {
      this.#refuseClient('TOPIC_RESERVED', client, packet.topic)
      this.#options.passAfter(session.credential.tenant, done)
      return
    }
    const topic = session.getTopic(packet.topic)
    if (!topic.isAllowed) {
      this.#refuseClient('TOPIC_FORBIDDEN', client, packet.topic)
      done(new TromostError('TOPIC_FORBIDDEN', packet.topic))
      return
    }
    const connection = { session, guard, client }
    const take = (answerTaken: Done) => {
      if (topic.isKept) this.#store(connection, topic, packet, answerTaken)
      else this.#options.passAfter(session.credential.tenant, answerTaken)
      // For those who hear of it, it is not sent again (MQTT-3.3.1-3).
      packet.dup = false
    }
    this.#unreleased.take(client, packet, take, done)
  }

  #store(
    connection: Connection,
    topic: SessionTopic,
    { payload, qos, messageId: packetId, dup: isRedelivery }: PublishPacket,
    done: Done,
  ): void {
    const { tenant } = connection.session.credential
    const { deviceId: device, name } = topic
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
    const receivedAt = getNow()
    const message = { tenant, device, topic: name, payload: bytes, receivedAt, qos, packetId, isRedelivery }
    this.#storeMessage(message, done, connection.guard, topic)
    this.#pace(connection, bytes.length)
  }

  /** Who sends more than it may is read slower, and closed when that goes on. */
  #pace({ session, guard, client }: Connection, bytes: number): void {
    const { tenant } = session.credential
    const { waitMs, isMet, isOver } = this.#logins.rates.spend(session.budget, tenant, bytes, getTime())
    if (waitMs <= 0) return
    guard.hold(waitMs)
    if (isMet === 'login') this.#refuseClient('RATE_LIMITED', client, 'it is read slower')
    if (isMet === 'tenant') this.#options.observer.refused('TENANT_RATE_LIMITED', `tenant ${tenant}`, tenant)
    if (!isOver) return
    this.#refuseClient('RATE_EXCEEDED', client, 'it is closed')
    this.#logins.ban(client, 'RATE_EXCEEDED')
  }

  #refuseClient(code: ErrorCode, client: Client, detail: string): void {
    const credential = this.#logins.getSession(client)?.credential
    const who = credential === undefined ? '' : ` of ${credential.id}`
    const name = `client ${client.id ?? '(not logged in)'}${who}`
    this.#options.observer.refused(code, `${name}: ${detail}`, this.#links.get(client)?.peer.address ?? '')
  }

  #watchClients(): void {
    const ended = new WeakSet<Client>()
    const tellLimit = (client: Client, { message }: Error) => {
      const code = findMetLimit(message)
      // What it had sent by then meets the same bound again.
      if (code === undefined || ended.has(client)) return
      ended.add(client)
      this.#refuseClient(code, client, message)
    }
    this.aedes.on('connectionError', tellLimit)
    this.aedes.on('clientError', tellLimit)
    this.aedes.on('clientReady', client => {
      const session = this.#logins.getSession(client)
      const guard = this.#links.get(client)?.guard
      if (session === undefined || guard === undefined) return
      // Only now: with a clean session it has begun.
      if (guard.keepsSession) Object.assign(client, { clean: false })
      const connection = { session, guard, client }
      guard.open((packet, mayBeShort, done) => this.#takePublish(connection, packet, mayBeShort, done))
    })
  }
}
