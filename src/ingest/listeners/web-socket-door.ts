/** Makes WebSockets of connections (MQTT 3.1.1, 6): which requests are answered with one, and which are not. */
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { getLogins, type ListenerConfig } from '../../config/listener.ts'

export interface WebSocketDoorOptions {
  readonly config: Extract<ListenerConfig, { readonly kind: 'ws' | 'wss' }>
  readonly onOpen: (webSocket: WebSocket, socket: Duplex) => void
  readonly onRefused: (socket: Duplex, problem: string) => void
}

interface Refusal {
  readonly status: number
  readonly problem: string
}

/** A frame is a piece of a stream; what bounds a message is the packet limit behind it. */
const FRAME_BYTES_MAX = 1024 * 1024
const SUBPROTOCOL = 'mqtt'

export class WebSocketDoor {
  readonly #options: WebSocketDoorOptions
  readonly #server: Server
  /** Without compression, which would cost each connection 300 KB. */
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_BYTES_MAX,
    perMessageDeflate: false,
    handleProtocols: () => SUBPROTOCOL,
  })

  constructor(options: WebSocketDoorOptions) {
    this.#options = options
    this.#server = createServer((_request, response) => {
      response.writeHead(426, { Upgrade: 'websocket', Connection: 'close, upgrade' }).end()
    })
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket, head),
    )
    this.#webSockets.on('wsClientError', ({ message }, socket) =>
      this.#refuse(socket, { status: 400, problem: message }),
    )
  }

  /** Takes a connection whose request is still to come. */
  accept(socket: Duplex): void {
    this.#server.emit('connection', socket)
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => {})
    const refusal = findRefusal(request, this.#options.config)
    if (refusal !== undefined) this.#refuse(socket, refusal)
    else
      this.#webSockets.handleUpgrade(request, socket, head, webSocket =>
        this.#options.onOpen(webSocket, socket),
      )
  }

  #refuse(socket: Duplex, { status, problem }: Refusal): void {
    this.#options.onRefused(socket, problem)
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  }
}

function findRefusal(
  { url = '', headers }: IncomingMessage,
  config: WebSocketDoorOptions['config'],
): Refusal | undefined {
  const { path, origins = getDefaultOrigins(config) } = config
  const [asked] = url.split('?')
  if (path !== undefined && asked !== path)
    return { status: 404, problem: `expected the path ${path}, got ${JSON.stringify(asked)}` }
  // Programs that are no browsers send none.
  const { origin } = headers
  if (origin !== undefined && origins !== undefined && !origins.includes(origin.toLowerCase()))
    return { status: 403, problem: `expected an origin of ${show(origins)}, got ${JSON.stringify(origin)}` }
  const named = (headers['sec-websocket-protocol'] ?? '').split(',').map(name => name.trim())
  if (!named.includes(SUBPROTOCOL))
    return {
      status: 400,
      problem: `expected the subprotocol mqtt (MQTT-6.0.0-3), got ${JSON.stringify(named.join())}`,
    }
  return undefined
}

/** Where a browser proves by itself who it is, or nobody has to, any page that somebody looks at could speak for him. */
function getDefaultOrigins(config: WebSocketDoorOptions['config']): readonly string[] | undefined {
  const isByItself = config.auth === 'none' || getLogins(config).includes('certificate')
  return isByItself ? [] : undefined
}

function show(origins: readonly string[]): string {
  return origins.length === 0 ? 'no page at all' : origins.join(', ')
}
