/** Opens one address for sensors and counts the sockets behind it: plain or with TLS, as it is or over WebSocket, by its own rules. */
import { createServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { getLogins, isTls, type ListenerConfig } from '../config/listener.ts'
import { isLoopback } from '../config/loopback.ts'
import { type ErrorCode, TromostError } from '../errors.ts'
import { listen } from './listen.ts'
import { Arrivals } from './listeners/arrivals.ts'
import { ProxyDoor } from './listeners/proxy-door.ts'
import type { RefuseAt } from './listeners/refuse.ts'
import { type Arrived, type Proven, TlsDoor } from './listeners/tls-door.ts'
import { WebSocketDoor } from './listeners/web-socket-door.ts'
import type { Peer } from './peer.ts'
import { createWebSocketStream } from './web-socket-stream.ts'

export interface Listener {
  readonly kind: ListenerConfig['kind']
  readonly host: string
  /** The real port, also where 0 was asked for. */
  readonly port: number
  /** Uses files of certificates that have changed. By itself it looks every few seconds. */
  look(): void
  /** Takes no new sockets, and cuts those that are open. */
  close(): Promise<void>
}

export interface SocketHandler {
  /** Whether one more socket of this address may stay. */
  admit(address: string): boolean
  handle(stream: Duplex, peer: Peer): void
  closed(): void
}

export interface ListenerOptions {
  /** From the socket to its TLS, upgrade or PROXY header being done. */
  readonly connectTimeoutMs: number
  /** Sockets that are on their way there. */
  readonly handshakesMax: number
  /** The key of a PSK identity. */
  readonly getPsk: (identity: string) => Buffer | undefined
  /** `source` is the address of the client, where it is known. */
  readonly onRefused: (code: ErrorCode, detail: string, source?: string) => void
}

/** When 10,000 sensors come back at once, the kernel keeps those that we have not got to yet. */
const BACKLOG = 65_535
/** After so much silence the kernel looks whether the other end is still there. Ours is the silence of days, for sensors that sleep. */
const KEEP_ALIVE_MS = 5 * 60_000

/** Rejects with LISTENER_FAILED or LISTENER_UNTRUSTED. */
export async function openListener(
  config: ListenerConfig,
  handler: SocketHandler,
  options: ListenerOptions,
): Promise<Listener> {
  const { kind, host, port } = config
  const name = `mqtt ${kind}`
  const entrance = new Entrance(config, handler, {
    ...options,
    onRefused: (code, problem, address) => {
      const who = address === undefined ? '' : ` from ${address}`
      options.onRefused(code, `${name} ${host}:${port}${who}: ${problem}`, address)
    },
  })
  const server = createServer(socket => entrance.take(socket))
  const close = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve())
      entrance.close()
    })
  try {
    const opened = await listen(server, name, { host, port, backlog: BACKLOG })
    const address = server.address()
    // A name may lead anywhere.
    if (
      config.auth === 'none' &&
      (address === null || typeof address === 'string' || !isLoopback(address.address))
    )
      throw new TromostError(
        'LISTENER_FAILED',
        `${name} ${host}: expected a loopback address, because auth is none`,
      )
    return { kind, host, port: opened, look: () => entrance.look(), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The doors behind each other that a connection passes: PROXY header, TLS, WebSocket. */
interface EntranceOptions extends Omit<ListenerOptions, 'onRefused'> {
  readonly onRefused: RefuseAt
}

class Entrance {
  readonly #config: ListenerConfig
  readonly #handler: SocketHandler
  readonly #options: EntranceOptions
  readonly #arrivals: Arrivals
  /** With the time at which they were taken. */
  readonly #sockets = new Map<Socket, number>()
  readonly #proxy: ProxyDoor | undefined
  readonly #tls: TlsDoor | undefined
  readonly #webSocket: WebSocketDoor | undefined
  /** Of connections that are still to become WebSockets. */
  readonly #upgrading = new WeakMap<Duplex, readonly [Arrived, Proven]>()

  constructor(config: ListenerConfig, handler: SocketHandler, options: EntranceOptions) {
    const { connectTimeoutMs, handshakesMax, onRefused, getPsk } = options
    this.#config = config
    this.#handler = handler
    this.#options = options
    this.#arrivals = new Arrivals({ timeoutMs: connectTimeoutMs, max: handshakesMax, onRefused })
    this.#proxy = config.proxyProtocol && this.#createProxyDoor(config.proxyProtocol.from)
    this.#tls = isTls(config)
      ? new TlsDoor({ config, getPsk, onRefused, onSecure: (...secured) => this.#passTls(...secured) })
      : undefined
    this.#webSocket =
      config.kind === 'ws' || config.kind === 'wss' ? this.#createWebSocketDoor(config) : undefined
  }

  take(socket: Socket): void {
    this.#sockets.set(socket, performance.now())
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('error', () => {})
    socket.setNoDelay(true)
    // Whoever has lost its network says nothing, and does not end either.
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    if (this.#proxy === undefined) this.#admit({ socket, address: socket.remoteAddress ?? '' })
    else {
      this.#arrivals.add(socket)
      this.#proxy.accept(socket)
    }
  }

  look(): void {
    this.#tls?.look()
  }

  close(): void {
    for (const socket of this.#sockets.keys()) socket.destroy()
    this.#tls?.close()
  }

  /** A socket that may not stay is not to reach aedes. */
  #admit(arrived: Arrived): void {
    const { socket, address } = arrived
    if (!this.#handler.admit(address)) {
      socket.destroy()
      return
    }
    socket.once('close', () => this.#handler.closed())
    if (this.#tls === undefined) this.#passTls(socket, arrived, {})
    else {
      if (this.#proxy === undefined) this.#arrivals.add(socket)
      this.#tls.accept(arrived)
    }
  }

  /** Also where there is none. */
  #passTls(stream: Duplex, arrived: Arrived, proven: Proven): void {
    if (this.#webSocket === undefined) {
      this.#pass(stream, arrived, proven)
      return
    }
    if (this.#tls === undefined && this.#proxy === undefined) this.#arrivals.add(arrived.socket)
    this.#upgrading.set(stream, [arrived, proven])
    this.#webSocket.accept(stream)
  }

  #pass(stream: Duplex, { socket, address }: Arrived, proven: Proven): void {
    this.#arrivals.remove(socket)
    const { anonymousAs } = this.#config
    const logins = getLogins(this.#config)
    this.#handler.handle(stream, {
      address,
      takenAt: this.#sockets.get(socket),
      logins,
      ...proven,
      ...(anonymousAs !== undefined && { anonymousAs }),
    })
  }

  #createProxyDoor(from: readonly string[]): ProxyDoor {
    return new ProxyDoor({
      from,
      onAddress: (socket, address) => this.#admit({ socket, address }),
      onRefused: (socket, problem) => {
        this.#options.onRefused('PROXY_REFUSED', problem, socket.remoteAddress)
        socket.destroy()
      },
    })
  }

  #createWebSocketDoor(config: Extract<ListenerConfig, { readonly kind: 'ws' | 'wss' }>): WebSocketDoor {
    const refuse = (address: string | undefined, problem: string) =>
      this.#options.onRefused('WEB_SOCKET_REFUSED', problem, address)
    return new WebSocketDoor({
      config,
      onOpen: (webSocket, socket) => {
        const [arrived, proven] = this.#upgrading.get(socket) ?? []
        if (arrived === undefined || proven === undefined) {
          webSocket.terminate()
          return
        }
        const stream = createWebSocketStream(webSocket, problem => refuse(arrived.address, problem))
        this.#pass(stream, arrived, proven)
      },
      onRefused: (socket, problem) => refuse(this.#upgrading.get(socket)?.[0].address, problem),
    })
  }
}
