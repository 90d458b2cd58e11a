/** What goes out to clients that subscribe: of their tenant only, as far as their rights reach, and no faster than they read. */
import type { Aedes, AedesPublishPacket, Client, PublishPacket, Subscription } from 'aedes'
import type { MqttLimits } from '../config/mqtt-limits.ts'
import { type ErrorCode, TromostError } from '../errors.ts'
import type { Command } from '../reading.ts'
import { Audience } from './audience.ts'
import { isReserved, type Rights } from './rights.ts'
import type { Session } from './session.ts'
import { BrokerStore } from './store/broker-store.ts'
import { Origins } from './store/origins.ts'

export interface DeliveryOptions {
  readonly limits: MqttLimits
  /** Of a client that is connected, or was until just now. */
  readonly getSession: (client: Client | null) => Session | undefined
  readonly onRefused: (code: ErrorCode, detail: string, source: string) => void
}

type GrantDone = (error: Error | null, subscription?: Subscription | null) => void

const REFUSALS = { forbidden: 'FILTER_FORBIDDEN', full: 'FILTERS_TOO_MANY' } as const

export class Delivery {
  readonly store: BrokerStore
  readonly #options: DeliveryOptions
  readonly #audience = new Audience()
  readonly #origins = new Origins()

  constructor(options: DeliveryOptions) {
    this.#options = options
    const getSubscriber = (client: object) => options.getSession(client as Client)
    this.store = new BrokerStore({ ...options, origins: this.#origins, getSubscriber })
  }

  isHeard(topic: string): boolean {
    return this.#audience.has(topic)
  }

  /** For each filter of a SUBSCRIBE, and of a session that was kept. */
  readonly authorizeSubscribe = (client: Client, subscription: Subscription, done: GrantDone): void => {
    const session = this.#options.getSession(client)
    if (session === undefined) {
      done(null, null)
      return
    }
    const { topic } = subscription
    try {
      const grant = session.subscribe(topic)
      if (grant !== 'granted') this.#refuse(REFUSALS[grant], client, session, topic)
      done(null, grant === 'granted' ? subscription : null)
    } catch (error) {
      if (!(error instanceof TromostError)) throw error
      this.#refuse(error.code, client, session, error.detail)
      done(error)
    }
  }

  /** For each message and client, also for what was retained or has waited: rights may be others by now. */
  readonly authorizeForward = (client: Client, packet: AedesPublishPacket): AedesPublishPacket | null => {
    const session = this.#options.getSession(client)
    if (session === undefined) return null
    const isOwn = this.#origins.find(packet.payload)?.tenant === session.credential.tenant
    if (!isOwn || !session.mayReceive(packet.topic)) return null
    if (client.conn.writableLength <= this.#options.limits.unreadBytes) return packet
    this.#refuse('SUBSCRIBER_SLOW', client, session, packet.topic)
    if (packet.qos === 0) return null
    // A session that is kept has it in its queue.
    client.conn.destroy()
    return packet
  }

  /** A message of the agent's own, at QoS 0. */
  publish(aedes: Aedes, { tenant, topic, payload }: Pick<Command, 'tenant' | 'topic' | 'payload'>): void {
    const packet: PublishPacket = { cmd: 'publish', qos: 0, dup: false, retain: false, topic, payload }
    aedes.publish(this.#origins.mark(packet, { tenant, credentialId: '', isDevice: false }), () => {})
  }

  /** All that a client had subscribed to is gone, and what was kept for it. */
  drop(clientId: string): void {
    this.#audience.forget(clientId)
    this.store.drop(clientId)
  }

  /** Its rights are smaller now. */
  narrow(clientId: string, rights: Rights): void {
    this.store.narrow(clientId, rights)
  }

  /** What is retained goes with the right to publish it. */
  recheck(findRights: (credentialId: string) => Rights | undefined): void {
    const known = new Map<string, Rights | undefined>([['', undefined]])
    this.store.retained.narrow((id, topic) => {
      if (!known.has(id)) known.set(id, findRights(id))
      return id === '' || known.get(id)?.findTopic(topic).isAllowed === true
    })
  }

  watch(aedes: Aedes): void {
    aedes.on('subscribe', (subscriptions, client) => {
      const session = this.#options.getSession(client)
      const filters = subscriptions.map(({ topic }) => topic).filter(topic => session?.isSubscribed(topic))
      if (filters.length > 0) this.#audience.add(client.id, filters)
      this.store.expectSubscriber(session?.credential.tenant ?? '')
    })
    aedes.on('unsubscribe', (filters, client) => {
      this.#audience.remove(client.id, filters)
      for (const filter of filters) this.#options.getSession(client)?.unsubscribe(filter)
    })
    aedes.on('clientDisconnect', client => this.store.markSent(client))
    aedes.on('clientReady', client => {
      if (client.clean) this.#audience.forget(client.id)
    })
    this.#spareFanOut(aedes)
  }

  /**
   * aedes has no option for this, so its publish is wrapped: only what somebody hears, or what is retained, goes through it, with
   * a mark of whose it is. And nobody who publishes waits for those who listen.
   */
  #spareFanOut(aedes: Aedes): void {
    const fanOut = aedes.publish.bind(aedes) as (...publication: unknown[]) => void
    const publish = (packet: AedesPublishPacket, client: Client | null, done: unknown) => {
      // Only what a client publishes comes with all three. aedes steers itself by topics of its own: no client may reach those.
      if (typeof done !== 'function') {
        fanOut(packet, client, done)
        return
      }
      const credential = this.#options.getSession(client)?.credential
      const isSpared = isReserved(packet.topic) || (!packet.retain && !this.#audience.has(packet.topic))
      if (!isSpared && credential !== undefined) {
        const { tenant, id: credentialId, device } = credential
        fanOut(
          this.#origins.mark(packet, { tenant, credentialId, isDevice: device !== undefined }),
          client,
          () => {},
        )
      }
      done()
    }
    Object.assign(aedes, { publish })
  }

  #refuse(code: ErrorCode, client: Client, session: Session, detail: string): void {
    const { id } = session.credential
    this.#options.onRefused(code, `client ${client.id} of ${id}: ${detail}`, id)
  }
}
