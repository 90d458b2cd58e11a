/** A client of the mqtt library that connects once and never again, and remembers all that it was sent. */
import {
  connect,
  type IClientOptions,
  type IClientPublishOptions,
  type IDisconnectPacket,
  type ISubscriptionMap,
  type MqttClient,
  type Packet,
} from 'mqtt'
import { until } from '../support/until.ts'

export const PASSWORD = 'seven-bridges'

/** In place of a grant, for a filter that was refused (MQTT 3.1.1, 3.9.3). */
const REFUSED = 0x80

/** A login without user name or password has none; left out, they are those of the test. */
export interface ConnectOptions extends Omit<IClientOptions, 'username' | 'password' | 'protocol'> {
  readonly username?: string | undefined
  readonly password?: string | undefined
}

export class TestClient {
  /** Everything but the answers to pings, the CONNACK first. */
  readonly packets: Packet[] = []
  /** As `topic=payload`. */
  readonly messages: string[] = []
  readonly #client: MqttClient

  private constructor(client: MqttClient) {
    this.#client = client
    client.on('packetreceive', packet => this.packets.push(packet))
    client.on('message', (topic, payload) => this.messages.push(`${topic}=${payload}`))
    // A connection that is cut is what many tests provoke; without a listener it would end the test run.
    client.on('error', () => undefined)
  }

  /** Rejects with an error whose `code` is that of the CONNACK, where there was one. */
  static async connect(url: string, options: ConnectOptions): Promise<TestClient> {
    const once = { password: PASSWORD, reconnectPeriod: 0, connectTimeout: 5_000, ...options }
    const client = connect(url, once as IClientOptions)
    const testClient = new TestClient(client)
    try {
      await new Promise<void>((resolve, reject) => {
        client.once('connect', () => resolve())
        client.once('error', reject)
        client.once('close', () => reject(new Error('closed before it was connected')))
      })
      return testClient
    } catch (error) {
      await client.endAsync(true)
      throw error
    }
  }

  get isConnected(): boolean {
    return this.#client.connected
  }

  /** Whether the CONNACK said that there is a session from before. */
  get hasSession(): boolean {
    return this.packets.some(packet => packet.cmd === 'connack' && packet.sessionPresent)
  }

  /** What answers of a kind came, such as `puback`. */
  answers(cmd: Packet['cmd']): readonly Packet[] {
    return this.packets.filter(packet => packet.cmd === cmd)
  }

  /** Publishes without waiting for anything; at QoS 1 unless told otherwise. */
  send(topic: string, payload: string | Buffer = '', options: IClientPublishOptions = {}): void {
    this.#client.publish(topic, payload, { qos: 1, ...options }, () => undefined)
  }

  /** Publishes, and resolves when it is acknowledged. */
  async publish(
    topic: string,
    payload: string | Buffer = '',
    options: IClientPublishOptions = {},
  ): Promise<void> {
    await this.#client.publishAsync(topic, payload, { qos: 1, ...options })
  }

  /** Subscribes in one packet; gives what was granted to each filter, 128 where none was. */
  subscribe(...filters: readonly string[]): Promise<readonly unknown[]> {
    return this.subscribeAt(1, ...filters)
  }

  subscribeAt(qos: 0 | 1 | 2, ...filters: readonly string[]): Promise<readonly unknown[]> {
    return this.subscribeTo(Object.fromEntries(filters.map(filter => [filter, { qos }])))
  }

  /** With wishes for each filter. */
  async subscribeTo(filters: ISubscriptionMap): Promise<readonly unknown[]> {
    const before = this.answers('suback').length
    this.#client.subscribe(filters, () => undefined)
    await until('the SUBACK is there', () => this.answers('suback').length > before)
    const suback = this.answers('suback').at(-1)
    return suback?.cmd === 'suback' ? suback.granted : [REFUSED]
  }

  async unsubscribe(filter: string): Promise<void> {
    await this.#client.unsubscribeAsync(filter)
  }

  /** Breaks the connection without a word. */
  cut(): void {
    this.#client.stream.destroy()
  }

  /** Says goodbye. */
  async end(options: Partial<IDisconnectPacket> = {}): Promise<void> {
    await this.#client.endAsync(options)
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true)
  }

  closed(): Promise<void> {
    return until('the connection is closed', () => !this.isConnected)
  }
}
