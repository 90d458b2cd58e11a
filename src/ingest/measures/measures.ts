/** HTTP measures: FIWARE's south port. A sensor is told 200 when its measure is on disk, and never before. */
import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Config } from '../../config/config.ts'
import { listen } from '../listen.ts'
import type { IngestObserver } from '../observer.ts'
import { writeProblem } from './answers.ts'
import { RefusedRequest } from './refused-request.ts'
import { createRequestListener, type TakeOptions } from './take-measure.ts'

export interface MeasuresOptions extends TakeOptions {
  readonly measures?: Config['measures']
}

export interface MeasuresListener {
  readonly host: string
  /** The real port, also where 0 was asked for. */
  readonly port: number
  /** Takes no new requests, and waits a moment for those under way. */
  close(): Promise<void>
}

/** A client that sends its request a byte at a time is not waited for. */
const HEADERS_TIMEOUT_MS = 5_000
const REQUEST_TIMEOUT_MS = 10_000
const TIMEOUT_CHECK_MS = 1_000
/** A sensor that sends every minute keeps its connection. */
const KEEP_ALIVE_MS = 75_000
const CLOSE_GRACE_MS = 1_000

/** Nothing where it is not configured. */
export async function openMeasures(options: MeasuresOptions): Promise<MeasuresListener | undefined> {
  const { measures: address, mqtt, observer } = options
  if (address === undefined) return undefined
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
    },
    createRequestListener(options),
  )
  server.maxConnections = mqtt.limits.connections
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
    refuseClient(error, socket, observer),
  )
  const { host, port } = address
  return { host, port: await listen(server, 'measures', { host, port }), close: () => close(server) }
}

const STATUS_OF_FAULT: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** What is no HTTP, has too long a head, or does not come to its end. */
function refuseClient(error: NodeJS.ErrnoException, socket: Socket, observer: IngestObserver): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = STATUS_OF_FAULT[error.code ?? ''] ?? 400
  const problem = new RefusedRequest(status, 'MEASURE_MALFORMED', `expected a request, got ${error.message}`)
  observer.refused(problem.code, `measures from ${socket.remoteAddress}: ${problem.detail}`)
  socket.end(writeProblem(problem), () => socket.destroy())
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    server.closeIdleConnections()
  })
}
