/** Requests that may take longer than others to come in or to be answered: files of whole municipalities. Everybody else has to be quick. */
import type { Duplex } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import type { Api } from './api.ts'

const IDLE_MS_MAX = 3_600_000

const patient = new WeakSet<Duplex>()

/** Before the first request. */
export function allowPatience({ server }: Pick<Api, 'server'>): void {
  const listeners = server.listeners('clientError') as ((error: Error, socket: Duplex) => void)[]
  server.removeAllListeners('clientError')
  server.on('clientError', (error: Error & { readonly code?: string }, socket: Duplex) => {
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && patient.has(socket)) return
    for (const hear of listeners) hear.call(server, error, socket)
  })
}

/** Of somebody who has proven who he is. */
export function bePatient({ raw: { socket } }: Pick<FastifyRequest, 'raw'>): void {
  patient.add(socket)
  socket.setTimeout(IDLE_MS_MAX)
}
