/** A TCP server that does what an HTTP server should not: says bytes as they are, breaks off, or stops listening. */
import { createServer, type Socket } from 'node:net'

export interface TcpServer {
  readonly url: string
  /** Connections that were taken. */
  readonly connections: number
  close(): Promise<void>
}

/** `serve` gets each connection, with its number from 1 on. */
export async function startTcpServer(
  serve: (socket: Socket, connection: number) => void,
): Promise<TcpServer> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer(socket => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    serve(socket, connections)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}`,
    get connections() {
      return connections
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
