import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { expect, test } from '@jest/globals'
import type { FastifyRequest } from 'fastify'
import type { Api } from '../../src/admin/api.ts'
import { allowPatience, bePatient } from '../../src/admin/patience.ts'

type Socket = FastifyRequest['raw']['socket']

/** A server whose own way with broken requests is to end them, and the codes of those that it has ended. */
function createServer() {
  const server = new EventEmitter()
  const ended: string[] = []
  server.on('clientError', ({ code }: { readonly code: string }) => ended.push(code))
  allowPatience({ server } as unknown as Pick<Api, 'server'>)
  const fail = (code: string, socket: unknown) => server.emit('clientError', { code }, socket)
  return { ended, fail }
}

function createSocket() {
  const idleMs: number[] = []
  const socket = Object.assign(new PassThrough(), { setTimeout: (ms: number) => idleMs.push(ms) })
  return { socket: socket as unknown as Socket, idleMs }
}

test('a request that takes longer than others is ended, unless it was let to', () => {
  const { ended, fail } = createServer()
  const [usual, patient] = [createSocket(), createSocket()]
  bePatient({ raw: { socket: patient.socket } as FastifyRequest['raw'] })
  fail('ERR_HTTP_REQUEST_TIMEOUT', patient.socket)
  expect(ended).toEqual([])
  fail('ERR_HTTP_REQUEST_TIMEOUT', usual.socket)
  expect(ended).toEqual(['ERR_HTTP_REQUEST_TIMEOUT'])
})

test('what is broken otherwise is ended all the same, and an hour without a byte is the longest', () => {
  const { ended, fail } = createServer()
  const { socket, idleMs } = createSocket()
  bePatient({ raw: { socket } as FastifyRequest['raw'] })
  fail('HPE_INVALID_METHOD', socket)
  expect([ended, idleMs]).toEqual([['HPE_INVALID_METHOD'], [3_600_000]])
})
