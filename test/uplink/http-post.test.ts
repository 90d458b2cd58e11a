import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { describeFailure, HttpPost } from '../../src/uplink/http-post.ts'
import { createDestination } from '../support/destination.ts'

const UPSERT = {
  method: 'POST',
  path: '/ngsi-ld/v1/entityOperations/upsert?options=update',
  body: Buffer.from('[]'),
} as const

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
    destination: createDestination({ url: `http://127.0.0.1:${port}/broker/`, concurrency: { max: 1 } }),
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
  expect(await post.request({ ...UPSERT, body: Buffer.from('[{"š":1}]') })).toEqual({ status: 204, body: '' })
  const url = `/broker${UPSERT.path}`
  expect(seen).toEqual([['POST', url, '10', undefined, 'kranj', '[{"š":1}]']])
})

test('connections are kept from one request to the next', async () => {
  const ports = new Set<unknown>()
  const post = await open((request, response) => {
    ports.add(request.socket.remotePort)
    request.resume().on('end', () => response.writeHead(204).end())
  })
  for (let count = 0; count < 5; count++) await post.request(UPSERT)
  expect(ports.size).toBe(1)
})

test('an answer that only says that another one is to come is not the answer', async () => {
  const post = await open((request, response) => {
    request.resume().on('end', () => {
      response.writeEarlyHints({ link: '</context.jsonld>; rel=preload' })
      response.writeHead(201, { 'Retry-After': '7' }).end('["urn:a"]')
    })
  })
  expect(await post.request(UPSERT)).toEqual({ status: 201, retryAfterMs: 7_000, body: '["urn:a"]' })
})

test('a redirect is an answer and is not followed', async () => {
  let requests = 0
  const post = await open((request, response) => {
    requests += 1
    request.resume().on('end', () => response.writeHead(307, { Location: '/elsewhere' }).end())
  })
  expect((await post.request(UPSERT)).status).toBe(307)
  expect(requests).toBe(1)
})

test.each([
  ['seconds', '7', 7_000],
  ['nonsense', 'soon', undefined],
])('Retry-After in %s is read', async (_title, header, expected) => {
  const post = await open((request, response) => {
    request.resume().on('end', () => response.writeHead(503, { 'Retry-After': header }).end())
  })
  expect((await post.request(UPSERT)).retryAfterMs).toBe(expected)
})

test('a server that takes the request and says nothing is given up', async () => {
  const post = await open(request => request.resume())
  await expect(post.request(UPSERT)).rejects.toThrow('Headers Timeout Error')
})

test('an answer that stops in the middle is given up', async () => {
  const post = await open((request, response) => {
    request.resume().on('end', () => response.writeHead(207, { 'Content-Length': '100' }).write('{"succ'))
  })
  await expect(post.request(UPSERT)).rejects.toThrow('Body Timeout Error')
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
  await expect(post.request(UPSERT)).rejects.toThrow('expected an answer of at most 2097152 bytes, got more')
})

test('a port where nobody listens is an error that names it', async () => {
  const failure = await createPost(1).request(UPSERT).catch(describeFailure)
  expect(failure).toContain('ECONNREFUSED 127.0.0.1:1')
})

test('a request may be of another method, without a body and with headers of its own', async () => {
  const seen: unknown[] = []
  const post = await open(({ method, url, headers }, response) => {
    seen.push([method, url, headers['content-length'], headers['link'], headers['ngsild-tenant']])
    response.writeHead(200).end('{}')
  })
  const answer = await post.request({ method: 'GET', path: '/version', headers: { Link: '<a>' } })
  expect(answer).toEqual({ status: 200, body: '{}' })
  expect(seen).toEqual([['GET', '/broker/version', undefined, '<a>', 'kranj']])
})
