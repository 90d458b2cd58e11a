import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { AdminClient } from '../support/admin-client.ts'
import { listOperations, toPath } from '../support/api-operations.ts'
import { TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

const BYTE_MS = 500

let town: Town
let admin: AdminClient

beforeAll(async () => {
  town = await Town.start({ deviceCount: 1 })
  admin = new AdminClient(town.agent.httpUrl, town.agent.token)
})

afterAll(() => town.close())

/** Begins a request and goes on with a byte now and then, for ever; gives what is answered until it is cut off. */
async function drip(beginning: string): Promise<{ readonly socket: Socket; readonly answer: () => string }> {
  const { hostname, port } = new URL(town.agent.httpUrl)
  const socket = connect(Number(port), hostname)
  let answer = ''
  socket.setEncoding('utf8').on('data', text => {
    answer += text
  })
  socket.on('error', () => undefined)
  socket.write(beginning)
  const timer = setInterval(() => socket.write('x'), BYTE_MS)
  socket.once('close', () => clearInterval(timer))
  return { socket, answer: () => answer }
}

test('T68: whoever sends head or body a byte at a time is cut off, and others are answered meanwhile', async () => {
  const head = 'Host: localhost\r\nContent-Type: application/json\r\n'
  const bearer = `Authorization: Bearer ${town.agent.token}\r\n`
  const slow = await Promise.all([
    drip(`POST /api/v1/tenants HTTP/1.1\r\n${head}X-Slow: `),
    drip(`POST /api/v1/tenants HTTP/1.1\r\n${head}${bearer}Content-Length: 100000\r\n\r\n{"id":"`),
    drip('GET /healthz HTT'),
    ...Array.from({ length: 200 }, () => drip(`GET /readyz HTTP/1.1\r\n${head}X-Slow: `)),
  ])
  expect((await admin.ask('GET', '/api/v1/status')).status).toBe(200)
  await until('all of them are cut off', () => slow.every(({ socket }) => socket.destroyed), {
    timeoutMs: 18_000,
  })
  expect(slow.filter(({ answer }) => /^HTTP\/1\.1 2/.test(answer()))).toEqual([])
})

test('T74: no answer leaves anything with the browser that would be sent back by itself', async () => {
  const operations = await listOperations(admin)
  const cookies: string[] = []
  for (const operation of operations.filter(({ path }) => !/\/tail$|context/.test(path))) {
    const path = toPath(operation, { tenant: TENANT, destination: 'main', id: 'six-1' })
    const { headers } = await admin.ask(operation.method, `${path}?dryRun=true`, {
      headers: { Cookie: 'session=of-somebody' },
    })
    if (headers.has('set-cookie') || headers.has('access-control-allow-origin')) cookies.push(path)
  }
  expect(cookies).toEqual([])
})

test('T74: a cookie, a basic login or a token in another header is no token', async () => {
  const { token } = town.agent
  const basic = Buffer.from(`admin:${token}`).toString('base64')
  const tries: readonly Readonly<Record<string, string>>[] = [
    { Cookie: `token=${token}; Authorization=Bearer ${token}` },
    { Authorization: `Basic ${basic}` },
    { 'X-Auth-Token': token, 'X-Api-Key': token },
    { 'X-Forwarded-For': '127.0.0.1', 'X-Real-Ip': '127.0.0.1' },
  ]
  for (const headers of tries) {
    const response = await fetch(`${town.agent.httpUrl}/api/v1/tokens`, { headers })
    expect(response.status).toBe(401)
  }
})
