/** A broker that is not ours, such as that of a LoRaWAN network server: keeps sessions, goes down and comes back on its port. */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { Aedes, type AedesPublishPacket, type Client } from 'aedes'

export interface ForeignLogin {
  readonly username: string
  readonly password: string
}

export class ForeignBroker {
  /** Of messages that subscribers have acknowledged, in that order. */
  readonly acknowledged: string[] = []
  readonly clientIds: string[] = []
  /** Filters that it does not allow. */
  readonly forbidden = new Set<string>()
  readonly #login: ForeignLogin | undefined
  readonly #tls: TlsOptions | undefined
  readonly #sockets = new Set<Socket>()
  #aedes: Aedes
  #server: Server | undefined
  #port = 0

  private constructor(aedes: Aedes, login: ForeignLogin | undefined, tls: TlsOptions | undefined) {
    this.#tls = tls
    this.#login = login
    this.#aedes = aedes
  }

  static async start(login?: ForeignLogin, tls?: TlsOptions): Promise<ForeignBroker> {
    const broker = new ForeignBroker(await Aedes.createBroker(), login, tls)
    broker.#rule()
    await broker.comeBack()
    return broker
  }

  get url(): string {
    return `${this.#tls === undefined ? 'mqtt' : 'mqtts'}://127.0.0.1:${this.#port}`
  }

  get connectedCount(): number {
    return this.#aedes.connectedClients
  }

  /** As a sensor of that broker does; resolves when the broker has it. */
  publish(
    topic: string,
    payload: string,
    { qos = 1, retain = false }: { qos?: 0 | 1; retain?: boolean } = {},
  ) {
    return new Promise<void>((resolve, reject) => {
      const packet = { cmd: 'publish' as const, dup: false, topic, payload, qos, retain }
      this.#aedes.publish(packet, error => (error ? reject(error) : resolve()))
    })
  }

  async comeBack(): Promise<void> {
    const take = (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      this.#aedes.handle(socket)
    }
    const server = this.#tls === undefined ? createServer(take) : createTlsServer(this.#tls, take)
    server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    this.#port = typeof address === 'object' && address !== null ? address.port : 0
    this.#server = server
  }

  /** Its sessions stay. */
  async goDown(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    const closed = once(server, 'close')
    server.close()
    this.cutOff()
    await closed
  }

  /** Cuts all connections, and takes new ones. */
  cutOff(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    await this.goDown()
    await new Promise<void>(resolve => this.#aedes.close(() => resolve()))
  }

  #rule(): void {
    this.#aedes.authenticate = (_client, username, password, done) => {
      const isKnown =
        this.#login === undefined ||
        (username === this.#login.username && password?.toString() === this.#login.password)
      done(isKnown ? null : Object.assign(new Error('bad login'), { returnCode: 4 as const }), isKnown)
    }
    this.#aedes.authorizeSubscribe = (_client, subscription, done) =>
      done(null, this.forbidden.has(subscription.topic) ? null : subscription)
    this.#aedes.on('client', (client: Client) => this.clientIds.push(client.id))
    this.#aedes.on('ack', (packet: unknown) => {
      // None for a message that was kept for its topic: of those aedes does not remember that they wait.
      const { payload } = (packet ?? {}) as Partial<AedesPublishPacket>
      if (payload !== undefined) this.acknowledged.push(payload.toString())
    })
  }
}
