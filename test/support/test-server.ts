/** An HTTP or HTTPS server on a port of its own for one test, and what it was asked. */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { createServer as createSecureServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'

export interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The port that it came from: another one is another connection. */
  readonly port: number
}

export type Answer = (asked: Asked, response: ServerResponse) => void

export interface TestServer {
  readonly url: string
  readonly port: number
  readonly asked: readonly Asked[]
  /** From now on. */
  answer(answer: Answer): void
  /** Closes the port and breaks every connection. */
  close(): Promise<void>
}

export async function startServer(
  answer: Answer,
  tls?: ServerOptions,
  host = '127.0.0.1',
): Promise<TestServer> {
  const asked: Asked[] = []
  let current = answer
  const server = tls === undefined ? createServer() : createSecureServer(tls)
  server.on('request', (request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { method = '', url = '', headers, socket } = request
      const port = socket.remotePort ?? 0
      const one = { method, url, headers, body: Buffer.concat(parts).toString('latin1'), port }
      asked.push(one)
      current(one, response)
    })
  })
  await new Promise<void>(resolve => server.listen(0, host, resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    asked,
    answer: next => {
      current = next
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** The path of a certificate or a key in test/support/tls. */
export function getTlsFile(name: string): string {
  return `test/support/tls/${name}`
}

/** What a server of the authority for tests shows, `broker` or `expired`. */
export function getServerTls(certificate = 'broker'): ServerOptions {
  return {
    cert: readFileSync(getTlsFile(`${certificate}.pem`)),
    key: readFileSync(getTlsFile('broker.key')),
    ca: readFileSync(getTlsFile('ca.pem')),
  }
}
