/** Opens a port for a server, and tells the real one where 0 was asked for. */
import type { Server } from 'node:net'
import { getMessage, TromostError } from '../errors.ts'

export interface ListenAddress {
  readonly host: string
  readonly port: number
  /** Connections that the kernel keeps until the server gets to them. */
  readonly backlog?: number
}

/** `name` is what the port is for. Rejects with LISTENER_FAILED. */
export function listen(server: Server, name: string, address: ListenAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', error => {
      const detail = `${name} ${address.host}:${address.port}: ${getMessage(error)}`
      reject(new TromostError('LISTENER_FAILED', detail, { cause: error }))
    })
    server.listen({ ...address }, () => {
      const opened = server.address()
      resolve(typeof opened === 'object' && opened !== null ? opened.port : address.port)
    })
  })
}
