/** A bridge: connected to its foreign broker for as long as the agent runs, and again after whatever ends a connection. */
import type { IPublishPacket } from 'mqtt'
import { Backoff } from '../../backoff.ts'
import type { BridgeConfig } from '../../config/bridge.ts'
import type { Egress } from '../../egress/egress.ts'
import { getMessage, TromostError } from '../../errors.ts'
import type { Command } from '../../reading.ts'
import { matchesTopic } from '../../topic-filter.ts'
import { BridgeConnection } from './bridge-connection.ts'
import { createForeignSocket } from './foreign-socket.ts'

/** How a bridge is: for status, metrics and the log. */
export interface BridgeReport {
  readonly id: string
  readonly tenant: string
  readonly url: string
  readonly isConnected: boolean
  /** Why it is not connected, or what is not as it should be while it is. */
  readonly trouble?: string
  /** Messages acknowledged there since the start. */
  readonly acknowledged: number
}

type Done = (error?: Error) => void

export interface BridgeOptions {
  readonly bridge: BridgeConfig & { readonly clientId: string }
  readonly egress: Egress
  readonly take: (packet: IPublishPacket, done: Done) => void
  /** Hears when a bridge gets connected, or into another trouble than before. */
  readonly onChange: (report: BridgeReport) => void
}

const PAUSE = { initial: 500, max: 30_000 }
const NOT_KEPT =
  'the broker grants QoS 0 only: it keeps nothing while the agent is away, and does not wait for the disk'
const NOT_CHECKED =
  'tls.rejectUnauthorized is false: anybody may pose as the broker, and learn the login of the bridge'

export class Bridge {
  readonly #options: BridgeOptions
  readonly #backoff = new Backoff(PAUSE)
  #connection: BridgeConnection | undefined
  #timer: NodeJS.Timeout | undefined
  #isClosed = false
  #isConnected = false
  #trouble: string | undefined
  #acknowledged = 0
  #isJournalWorking = true

  constructor(options: BridgeOptions) {
    this.#options = options
    this.#connect()
  }

  get report(): BridgeReport {
    const { id, tenant, url } = this.#options.bridge
    return {
      ...{ id, tenant, url, isConnected: this.#isConnected, acknowledged: this.#acknowledged },
      ...(this.#trouble !== undefined && { trouble: this.#trouble }),
    }
  }

  /** Only for what the answer comes in by this bridge. A broker that does not allow it may cut the bridge off, which then connects again. */
  send({ tenant, topic, payload, answerTopic }: Command): void {
    const { bridge } = this.#options
    const prefix = bridge.prefix ?? ''
    const isHeard = bridge.topics.some(filter => matchesTopic(filter, prefix + answerTopic))
    if (tenant === bridge.tenant && isHeard) this.#connection?.publish(prefix + topic, payload)
  }

  async close(graceMs: number): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#connection?.close(graceMs)
  }

  #connect(): void {
    const { bridge, egress } = this.#options
    try {
      this.#connection = new BridgeConnection({
        openStream: createForeignSocket(bridge, egress),
        bridge,
        take: (packet, done) => this.#take(packet, done),
        onOpen: lowestQos => this.#open(lowestQos),
        onEnd: reason => this.#retry(reason),
      })
    } catch (error) {
      this.#retry(error)
    }
  }

  #take(packet: IPublishPacket, done: Done): void {
    this.#options.take(packet, error => {
      if (error === undefined) this.#count()
      else this.#isJournalWorking = false
      done(error)
    })
  }

  #count(): void {
    this.#acknowledged += 1
    if (this.#isJournalWorking) return
    this.#isJournalWorking = true
    this.#backoff.succeed()
  }

  #open(lowestQos: number): void {
    // A broker that is well, and a journal that takes nothing: the pause grows nevertheless.
    if (this.#isJournalWorking) this.#backoff.succeed()
    const isTrusting = this.#options.bridge.tls?.rejectUnauthorized === false
    const troubles = [...(lowestQos === 0 ? [NOT_KEPT] : []), ...(isTrusting ? [NOT_CHECKED] : [])]
    this.#change(true, troubles.length === 0 ? undefined : troubles.join('; '))
  }

  #retry(reason: unknown): void {
    this.#connection = undefined
    if (this.#isClosed) return
    this.#change(false, reason instanceof TromostError ? reason.message : getReason(reason))
    this.#timer = setTimeout(() => this.#connect(), this.#backoff.fail())
  }

  #change(isConnected: boolean, trouble: string | undefined): void {
    const isNews = isConnected !== this.#isConnected || trouble !== this.#trouble
    this.#isConnected = isConnected
    this.#trouble = trouble
    if (isNews) this.#options.onChange(this.report)
  }
}

/** Where a name stands for several addresses, only the errors of each say something. */
function getReason(error: unknown): string {
  const message = getMessage(error)
  if (message !== '') return message
  return error instanceof AggregateError ? error.errors.map(getMessage).join('; ') : String(error)
}
