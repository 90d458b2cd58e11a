import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { describeFailure, HttpPost } from '../../src/uplink/http-post.ts'

const opened: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

/** A server on a port of its own, and a poster to it. */
async function open(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<HttpPost> {
  const server: Server = createServer(handle)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  opened.push(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })
  return createPost((server.address() as AddressInfo).port)
}

function createPost(port: number): HttpPost {
  const post = new HttpPost({
    url: `http://127.0.0.1:${port}/ngsi-ld/v1/entityOperations/upsert?options=update`,
    connections: 1,
    timeouts: { connect: 500, headers: 300, body: 300 },
    headers: { 'Content-Type': 'application/json', 'NGSILD-Tenant': 'kranj' },
  })
  opened.push(() => post.close())
  return post
}

test('a body is sent whole with its length, never in chunks, with the headers of the destination', async () => {
  const seen: unknown[] = []
  const post = await open((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const {
        'content-length': length,
        'transfer-encoding': coding,
        'ngsild-tenant': tenant,
      } = request.headers
      seen.push([request.method, request.url, length, coding, tenant, Buffer.concat(parts).toString()])
      response.writeHead(204).end()
    })
  })
  expect(await post.send(Buffer.from('[{"š":1}]'))).toEqual({ status: 204, body: '' })
  const url = '/ngsi-ld/v1/entityOperations/upsert?options=update'
  expect(seen).toEqual([['POST', url, '10', undefined, 'kranj', '[{"š":1}]']])
})

test('connections are kept from one request to the next', async () => {
  const ports = new Set<unknown>()
  const post = await open((request, response) => {
    ports.add(request.socket.remotePort)
    request.resume().on('end', () => response.writeHead(204).end())
  })
  for (let count = 0; count < 5; count++) await post.send(Buffer.from('[]'))
  expect(ports.size).toBe(1)
})

test('a redirect is an answer and is not followed', async () => {
  let requests = 0
  const post = await open((request, response) => {
    requests += 1
    request.resume().on('end', () => response.writeHead(307, { Location: '/elsewhere' }).end())
  })
  expect((await post.send(Buffer.from('[]'))).status).toBe(307)
  expect(requests).toBe(1)
})

test.each([
  ['seconds', '7', 7_000],
  ['nonsense', 'soon', undefined],
])('Retry-After in %s is read', async (_title, header, expected) => {
  const post = await open((request, response) => {
    request.resume().on('end', () => response.writeHead(503, { 'Retry-After': header }).end())
  })
  expect((await post.send(Buffer.from('[]'))).retryAfterMs).toBe(expected)
})

test('a server that takes the request and says nothing is given up', async () => {
  const post = await open(request => request.resume())
  await expect(post.send(Buffer.from('[]'))).rejects.toThrow('Headers Timeout Error')
})

test('an answer that stops in the middle is given up', async () => {
  const post = await open((request, response) => {
    request.resume().on('end', () => response.writeHead(207, { 'Content-Length': '100' }).write('{"succ'))
  })
  await expect(post.send(Buffer.from('[]'))).rejects.toThrow('Body Timeout Error')
})

test('an answer without end is cut off at its bound', async () => {
  const post = await open((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(200)
      const pour = () => {
        while (response.write(Buffer.alloc(65_536, 'x'))) {}
        response.once('drain', pour)
      }
      response.on('error', () => {})
      pour()
    })
  })
  await expect(post.send(Buffer.from('[]'))).rejects.toThrow(
    'expected an answer of at most 2097152 bytes, got more',
  )
})

test('a port where nobody listens is an error that names it', async () => {
  const failure = await createPost(1).send(Buffer.from('[]')).catch(describeFailure)
  expect(failure).toContain('ECONNREFUSED 127.0.0.1:1')
})
