import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { openHttp } from '../../src/admin/http.ts'
import { TromostError } from '../../src/errors.ts'
import { until } from '../support/until.ts'
import { KEY, NOTHING, ONE_TOKEN, problem, TestHttp, TOKEN } from './test-http.ts'

const GUARDED = [
  '/metrics',
  '/api/v1/status',
  '/api/v1/balance',
  '/api/v1/quarantine',
  '/ngsi-ld/v1/entities',
]

let http: TestHttp

afterEach(() => http.close())

describe('on a host that others can reach', () => {
  test.each(['/healthz', '/readyz'])('%s answers everybody', async path => {
    http = await TestHttp.open({}, '0.0.0.0')
    expect((await http.get(path)).status).toBe(200)
  })

  test.each([...GUARDED, '/ngsi-ld/v1/entities/urn:x', '/metrics?x=1'])(
    '%s asks for the token',
    async path => {
      http = await TestHttp.open({}, '0.0.0.0')
      for (const authorization of [undefined, `Bearer ${TOKEN}x`, `Basic ${TOKEN}`]) {
        const answer = await http.get(path, authorization === undefined ? {} : { authorization })
        expect(answer).toMatchObject(problem(401, expect.stringContaining('administrator token')))
        expect(answer.headers.get('www-authenticate')).toBe('Bearer')
      }
    },
  )

  test.each(GUARDED)('%s answers with the token', async path => {
    http = await TestHttp.open({}, '0.0.0.0')
    expect((await http.get(path, { authorization: `Bearer ${TOKEN}` })).status).toBe(200)
  })

  test('what is guarded does no work for who has no token', async () => {
    let asked = 0
    const getLanes = async () => {
      asked += 1
      return []
    }
    http = await TestHttp.open({ getLanes }, '0.0.0.0')
    await http.get('/api/v1/status')
    expect(asked).toBe(0)
  })
})

test.each(GUARDED)('on this machine, %s asks for nothing', async path => {
  http = await TestHttp.open()
  expect((await http.get(path)).status).toBe(200)
})

describe('what is wrong is told as application/problem+json', () => {
  test.each([
    ['a path that there is not', '/api/v2/status', problem(404, 'There is nothing at /api/v2/status.')],
    ['the root', '/', problem(404, 'There is nothing at /.')],
    ['a path that cannot be read', '/ngsi-ld/v1/entities/%zz', problem(400, expect.stringContaining('%zz'))],
  ])('%s', async (_case, path, expected) => {
    http = await TestHttp.open()
    expect(await http.get(path)).toMatchObject(expected)
  })

  test.each(['POST', 'PUT', 'DELETE', 'PATCH'])('%s, since all there is can only be read', async method => {
    http = await TestHttp.open()
    const response = await fetch(`http://127.0.0.1:${http.port}/api/v1/status`, { method })
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json\b/)
  })

  test('a source that fails', async () => {
    http = await TestHttp.open({ renderMetrics: () => Promise.reject(new Error('out of order')) })
    expect(await http.get('/metrics')).toMatchObject(problem(500, 'out of order'))
  })

  test('a draining thread that is being started again', async () => {
    const error = new TromostError('DRAINING_RESTARTS', 'ask again')
    http = await TestHttp.open({ getLanes: () => Promise.reject(error) })
    expect(await http.get('/api/v1/status')).toMatchObject(problem(503, expect.stringContaining('ask again')))
  })
})

test('a port that is taken is told with its address', async () => {
  http = await TestHttp.open()
  const occupant = createServer().listen(0, '127.0.0.1')
  await once(occupant, 'listening')
  const address = occupant.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const options = { host: '127.0.0.1', port, access: ONE_TOKEN, key: KEY, trustedProxies: [] }
  await expect(openHttp({ ...options, sources: NOTHING })).rejects.toMatchObject({
    code: 'LISTENER_FAILED',
    detail: expect.stringMatching(new RegExp(`^http 127\\.0\\.0\\.1:${port}: .*EADDRINUSE`)),
  })
  occupant.close()
})

test('closing does not wait for connections that are kept alive, nor for who sends half a request', async () => {
  http = await TestHttp.open()
  await http.get('/healthz', { connection: 'keep-alive' })
  const slow = connect(http.port, '127.0.0.1')
  const state = { isCut: false, isClosed: false }
  slow.on('error', () => undefined)
  slow.once('close', () => {
    state.isCut = true
  })
  await once(slow, 'connect')
  slow.write('GET /healthz HTTP/1.1\r\nHost: ')
  const closed = http.close().then(() => {
    state.isClosed = true
  })
  // Well before any of the time-outs of the server.
  await until('it is closed', () => state.isCut && state.isClosed, { timeoutMs: 4_000 })
  await closed
})
