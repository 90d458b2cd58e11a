/** A sensor of the test profile on a real MQTT client: publishes readings with a running number, remembers what was acknowledged. */
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'

export interface Login {
  readonly url: string
  readonly username: string
  readonly password: string
  readonly clientId?: string
}

/** Connects without ever reconnecting: a test wants to see what happens to this one connection. */
export function connect(login: Login): Promise<MqttClient> {
  const { url, username, password, clientId } = login
  const options: IClientOptions = { username, password, reconnectPeriod: 0, connectTimeout: 10_000 }
  return connectAsync(url, clientId === undefined ? options : { ...options, clientId }, false)
}

export class Sensor {
  readonly device: string
  /** Running numbers whose PUBACK (PUBCOMP at QoS 2) has come. */
  readonly acknowledged: number[] = []
  readonly #client: MqttClient
  readonly #topic: string
  #next: number
  #isPublishing = true

  private constructor(client: MqttClient, device: string, firstSequence: number) {
    this.#client = client
    this.device = device
    this.#topic = `tromost/${device}/up`
    this.#next = firstSequence
  }

  static async connect(login: Login, device: string, firstSequence = 1): Promise<Sensor> {
    const client = await connect(login)
    // A broken connection is what many tests provoke; without a listener it would end the test run.
    client.on('error', () => undefined)
    return new Sensor(client, device, firstSequence)
  }

  /** The running number that the next reading gets. */
  get next(): number {
    return this.#next
  }

  /** Publishes some readings without waiting for anything. */
  publish(count: number, qos: 0 | 1 | 2 = 1): void {
    for (let sent = 0; sent < count; sent += 1) this.#publishNext(qos, () => undefined)
  }

  /** Publishes something that is no reading. */
  publishRaw(payload: string): void {
    this.#client.publish(this.#topic, payload, { qos: 1 })
  }

  /** Keeps so many readings on their way, until the connection breaks, it is told to stop, or `last` was sent. */
  keepPublishing(inFlight: number, last = Number.POSITIVE_INFINITY): void {
    const publishAgain = () => {
      const mayPublish = this.#isPublishing && this.#client.connected && this.#next <= last
      if (mayPublish) this.#publishNext(1, publishAgain)
    }
    for (let sent = 0; sent < inFlight; sent += 1) publishAgain()
  }

  stopPublishing(): void {
    this.#isPublishing = false
  }

  get isConnected(): boolean {
    return this.#client.connected
  }

  async close(): Promise<void> {
    this.stopPublishing()
    await this.#client.endAsync(true)
  }

  #publishNext(qos: 0 | 1 | 2, acknowledged: () => void): void {
    const sequence = this.#next
    this.#next += 1
    this.#client.publish(this.#topic, toPayload(sequence), { qos }, error => {
      if (error) return
      this.acknowledged.push(sequence)
      acknowledged()
    })
  }
}

export function countAcknowledged(sensors: readonly Sensor[]): number {
  return sensors.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0)
}

/** Where each device goes on when it is connected once more. */
export function getNext(sensors: readonly Sensor[]): ReadonlyMap<string, number> {
  return new Map(sensors.map(({ device, next }) => [device, next]))
}

/** The payload of profile test-six: plausible values that move with the running number. */
export function toPayload(sequence: number): string {
  return JSON.stringify({
    sequence,
    temperature: 10 + (sequence % 150) / 10,
    humidity: 40 + (sequence % 50),
    pressure: 1013.2,
    pm10: 5 + (sequence % 30),
    battery: 87,
  })
}
