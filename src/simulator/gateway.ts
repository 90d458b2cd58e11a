/** One MQTT connection that carries the uplinks of many sensors, as the town's gateways do. Connects again by itself. */
import mqtt, { type MqttClient } from 'mqtt'
import type { Uplink } from './sensor.ts'

export interface GatewayOptions {
  readonly url: string
  readonly clientId: string
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly qos: 0 | 1
}

export type GatewayEvent =
  | { readonly kind: 'connected'; readonly gateway: string }
  | { readonly kind: 'disconnected'; readonly gateway: string }
  | { readonly kind: 'error'; readonly gateway: string; readonly error: Error }

export class Gateway {
  readonly #client: MqttClient
  readonly #qos: 0 | 1
  #isClosing = false

  constructor(options: GatewayOptions, onEvent: (event: GatewayEvent) => void) {
    const { url, clientId, username, password, qos } = options
    this.#qos = qos
    this.#client = mqtt.connect(url, {
      clientId,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      reconnectPeriod: RECONNECT_MS,
      // Sensors do not give up on a refused login either, and the demo may be up before it is provisioned.
      reconnectOnConnackError: true,
      queueQoSZero: false,
    })
    let wasConnected = false
    this.#client.on('connect', () => {
      wasConnected = true
      onEvent({ kind: 'connected', gateway: clientId })
    })
    this.#client.on('close', () => {
      if (wasConnected && !this.#isClosing) onEvent({ kind: 'disconnected', gateway: clientId })
      wasConnected = false
    })
    this.#client.on('error', error => onEvent({ kind: 'error', gateway: clientId, error }))
  }

  get isConnected(): boolean {
    return this.#client.connected
  }

  /**
   * `done` is called once: for QoS 1 when the broker has acknowledged, for QoS 0 when the bytes are written. What a
   * lost connection left unacknowledged is sent again on the next one (MQTT-4.4.0-1).
   */
  send(uplink: Uplink, done: (error?: Error) => void): void {
    this.#client.publish(uplink.topic, uplink.payload, { qos: this.#qos }, error => done(error ?? undefined))
  }

  /** Says goodbye and hangs up; forced, it hangs up at once, for a goodbye waits until all is acknowledged. */
  async close(isForced: boolean): Promise<void> {
    this.#isClosing = true
    await this.#client.endAsync(isForced || !this.#client.connected)
  }
}

const RECONNECT_MS = 1000
