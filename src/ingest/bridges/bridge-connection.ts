/**
 * One connection to a foreign broker. What comes is handed on raw, and acknowledged there once it is stored here, in the order in
 * which it came. The first message that cannot be stored ends the connection: the broker still has it, and all after it.
 */
import type { Duplex } from 'node:stream'
import type { IPublishPacket, MqttClient } from 'mqtt'
import type { BridgeConfig } from '../../config/bridge.ts'
import { loadPackage } from '../../load-package.ts'

type Done = (error?: Error) => void

export interface ConnectionOptions {
  readonly bridge: Pick<BridgeConfig, 'topics' | 'username' | 'password'> & { readonly clientId: string }
  /** To the foreign broker. Throws where that cannot even be tried. */
  readonly openStream: () => Duplex
  /** Takes a message in; `done` is called once, and in the order of the calls. The payload is good for as long as the call. */
  readonly take: (packet: IPublishPacket, done: Done) => void
  /** All topics are granted; `lowestQos` is 0 where the broker keeps nothing for us. */
  readonly onOpen: (lowestQos: number) => void
  /** Called once, with the reason. */
  readonly onEnd: (reason: Error) => void
}

/** So many messages may wait for the disk; then the broker's socket is not read on. */
const IN_FLIGHT_MAX = 256
const CONNECT_TIMEOUT_MS = 10_000
const KEEP_ALIVE_SECONDS = 30
/** What a broker grants for a filter that it does not allow (MQTT 3.1.1, 3.9.3). */
const REFUSED = 0x80
/** mqtt.js sends no PUBACK for what was handled with an error, and goes on. It is sent here, when its time has come. */
const ACKNOWLEDGED_LATER = new Error('acknowledged when it is stored')

export class BridgeConnection {
  readonly #options: ConnectionOptions
  readonly #client: MqttClient
  #inFlight = 0
  #readOn: (() => void) | undefined
  #reason: Error | undefined
  #isClosing = false
  #onIdle: (() => void) | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
    const { clientId, username, password } = options.bridge
    const mqtt = loadPackage('mqtt') as { readonly MqttClient: typeof MqttClient }
    this.#client = new mqtt.MqttClient(options.openStream, {
      ...{
        clientId,
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password }),
      },
      // The session stays at the broker, with what comes while nobody is connected.
      clean: false,
      protocolVersion: 4,
      keepalive: KEEP_ALIVE_SECONDS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      // A new one is made instead, with a pause that grows.
      reconnectPeriod: 0,
    })
    this.#client.handleMessage = (packet, done) => this.#take(packet, done)
    this.#client.on('connect', () => this.#subscribe())
    this.#client.on('error', error => this.#end(error))
    this.#client.once('close', () => this.#finish())
  }

  /** At QoS 0: while there is no connection it goes nowhere. */
  publish(topic: string, payload: Buffer): void {
    if (this.#client.connected) this.#client.publish(topic, payload, { qos: 0 }, () => {})
  }

  /** Takes nothing more, waits until what was taken is acknowledged or the time is over, and leaves. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true
    if (this.#inFlight > 0) await this.#waitUntilIdle(graceMs)
    this.#end(new Error('closed'))
  }

  #subscribe(): void {
    const filters = Object.fromEntries(this.#options.bridge.topics.map(topic => [topic, { qos: 1 as const }]))
    this.#client.subscribe(filters, (error, subscriptions = [], packet) => {
      const grants = (packet?.granted ?? []).map(Number)
      const refused = subscriptions.filter((_, at) => (grants[at] ?? 0) >= REFUSED).map(({ topic }) => topic)
      if (refused.length > 0) this.#end(new Error(`the broker does not allow ${refused.join(', ')}`))
      else if (error) this.#end(error)
      else this.#options.onOpen(Math.min(...grants))
    })
  }

  #take(packet: IPublishPacket, readOn: (error: Error) => void): void {
    if (this.#reason !== undefined || this.#isClosing) return
    this.#inFlight += 1
    this.#options.take(packet, error => this.#answer(packet, error))
    const next = () => readOn(ACKNOWLEDGED_LATER)
    if (this.#inFlight < IN_FLIGHT_MAX) next()
    else this.#readOn = next
  }

  #answer({ qos, messageId }: IPublishPacket, error: Error | undefined): void {
    this.#inFlight -= 1
    if (error !== undefined) this.#end(error)
    else if (qos > 0 && messageId !== undefined && this.#reason === undefined) this.#acknowledge(messageId)
    if (this.#inFlight === 0) this.#onIdle?.()
    const readOn = this.#readOn
    this.#readOn = undefined
    readOn?.()
  }

  /** mqtt.js acknowledges one message at a time, so that each would wait for a flush of its own. */
  #acknowledge(messageId: number): void {
    const packet = Buffer.allocUnsafe(4)
    packet.writeUInt32BE(0x4002_0000 + messageId)
    this.#client.stream.write(packet)
  }

  #end(reason: Error): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#client.end(true)
  }

  #waitUntilIdle(graceMs: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, graceMs)
      this.#onIdle = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #finish(): void {
    this.#options.onEnd(this.#reason ?? new Error('the broker closed the connection'))
  }
}
