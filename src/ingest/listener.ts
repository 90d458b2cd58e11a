/** Opens one address for sensors, plain TCP or WebSocket, and counts the sockets behind it. */
import { createServer as createHttpServer } from 'node:http'
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { isTls, type ListenerConfig } from '../config/listener.ts'
import { TromostError } from '../errors.ts'
import { listen } from './listen.ts'
import type { Peer } from './peer.ts'
import { createWebSocketStream } from './web-socket-stream.ts'

export interface Listener {
  readonly kind: ListenerConfig['kind']
  readonly host: string
  /** The real port, also where 0 was asked for. */
  readonly port: number
  /** Takes no new sockets, and cuts those that are open. */
  close(): Promise<void>
}

export interface SocketHandler {
  /** Whether one more socket of this address may stay. */
  admit(address: string): boolean
  handle(stream: Duplex, peer: Peer): void
  closed(): void
}

/** When 10,000 sensors come back at once, the kernel keeps those that we have not got to yet. */
const BACKLOG = 65_535
/** A frame is a piece of a stream; what bounds a message is the packet limit behind it. */
const FRAME_BYTES_MAX = 1024 * 1024

export async function openListener(config: ListenerConfig, handler: SocketHandler): Promise<Listener> {
  if (isTls(config) || config.auth === 'none' || config.proxyProtocol !== undefined)
    throw new TromostError('LISTENER_FAILED', `mqtt ${config.kind}: expected a plain listener`)
  const sockets = new Set<Socket>()
  const server =
    config.kind === 'ws' ? createWebSocketServer(handler) : createTcpServer(createTcpHandler(handler))
  // Before any other handler: a socket that may not stay is not to reach aedes.
  server.prependListener('connection', (socket: Socket) => track(socket, sockets, handler))
  const { kind, host, port } = config
  const address = { host, port, backlog: BACKLOG }
  return {
    kind,
    host,
    port: await listen(server, `mqtt ${kind}`, address),
    close: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function track(socket: Socket, sockets: Set<Socket>, handler: SocketHandler): void {
  if (!handler.admit(toPeer(socket).address)) {
    socket.destroy()
    return
  }
  sockets.add(socket)
  socket.once('close', () => {
    sockets.delete(socket)
    handler.closed()
  })
}

function createTcpHandler(handler: SocketHandler): (socket: Socket) => void {
  return socket => {
    if (socket.destroyed) return
    socket.setNoDelay(true)
    handler.handle(socket, toPeer(socket))
  }
}

/** The subprotocol has to be named mqtt (MQTT-6.0.0-3). */
function createWebSocketServer(handler: SocketHandler): Server {
  const server = createHttpServer((_request, response) => {
    response.writeHead(426, { Upgrade: 'websocket' }).end()
  })
  const webSockets = new WebSocketServer({
    server,
    maxPayload: FRAME_BYTES_MAX,
    handleProtocols: protocols => (protocols.has('mqtt') ? 'mqtt' : false),
  })
  webSockets.on('connection', (webSocket, { socket }) => {
    handler.handle(createWebSocketStream(webSocket), toPeer(socket))
  })
  // The same fault is reported by listen().
  webSockets.on('error', () => {})
  return server
}

function toPeer({ remoteAddress }: Socket): Peer {
  return { address: remoteAddress ?? '' }
}
