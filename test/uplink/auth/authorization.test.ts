import { afterEach, describe, expect, test } from '@jest/globals'
import { HttpPost } from '../../../src/uplink/http-post.ts'
import { judgeFailure } from '../../../src/uplink/postponed.ts'
import { createDestination } from '../../support/destination.ts'
import { type Answer, type Asked, startServer, type TestServer } from '../../support/test-server.ts'
import { until } from '../../support/until.ts'

const SECRETS = ['s3cr&t +/', 'p4ss']
const CLIENT = { clientId: 'tromost:kranj', clientSecret: 's3cr&t +/' }
const BODY = Buffer.from('[]')

const opened: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

async function open(answer: Answer): Promise<TestServer> {
  const server = await startServer(answer)
  opened.push(server.close)
  return server
}

/** A broker that takes the tokens in `good`, and a token server that gives t1, t2 and so on. */
async function openTown(auth: object = {}, settings: object = {}) {
  const good = new Set<string>()
  let given = 0
  const tokens = await open((_asked, response) => {
    given += 1
    good.add(`Bearer t${given}`)
    response.end(JSON.stringify({ access_token: `t${given}`, token_type: 'Bearer', expires_in: 3_600 }))
  })
  const broker = await open(({ headers }, response) => {
    response.writeHead(good.has(headers.authorization ?? '') ? 204 : 401).end()
  })
  const destination = createDestination({
    url: broker.url,
    auth: { kind: 'oauth2', tokenUrl: `${tokens.url}/oauth2/token`, ...CLIENT, ...auth },
    ...settings,
  })
  const post = new HttpPost({ destination, headers: {} })
  opened.push(() => post.close())
  const send = () => post.request({ method: 'POST', path: '/upsert', body: BODY })
  return { tokens, broker, good, send }
}

function parseForm(body: string | undefined): unknown {
  return Object.fromEntries(new URLSearchParams(body))
}

describe('a token is asked for', () => {
  test('with the credentials of the client in Authorization: Basic, form-encoded, as Keyrock wants it', async () => {
    const { tokens, send } = await openTown()
    expect((await send()).status).toBe(204)
    const [asked] = tokens.asked
    expect(asked?.method).toBe('POST')
    expect(asked?.url).toBe('/oauth2/token')
    expect(asked?.headers['content-type']).toBe('application/x-www-form-urlencoded')
    expect(asked?.headers.authorization).toBe(
      `Basic ${Buffer.from('tromost%3Akranj:s3cr%26t+%2B%2F').toString('base64')}`,
    )
    expect(parseForm(asked?.body)).toEqual({ grant_type: 'client_credentials' })
  })

  test('with the credentials of the client as fields of the form, as Keycloak wants it', async () => {
    const { tokens, send } = await openTown({ clientAuth: 'body', scope: 'write entities' })
    await send()
    expect(tokens.asked[0]?.headers.authorization).toBeUndefined()
    expect(parseForm(tokens.asked[0]?.body)).toEqual({
      grant_type: 'client_credentials',
      client_id: 'tromost:kranj',
      client_secret: 's3cr&t +/',
      scope: 'write entities',
    })
  })

  test('with name and password of a user', async () => {
    const { tokens, send } = await openTown({ grant: 'password', username: 'kranj', password: 'p4ss' })
    await send()
    expect(parseForm(tokens.asked[0]?.body)).toEqual({
      grant_type: 'password',
      username: 'kranj',
      password: 'p4ss',
    })
  })

  test('with a refresh token, and next time with the one that came in its place', async () => {
    const { tokens, good, send } = await openTown({ grant: 'refresh_token', refreshToken: 'r3fr3sh' })
    tokens.answer((_asked, response) => {
      good.add('Bearer t')
      response.end(JSON.stringify({ access_token: 't', refresh_token: 'newer' }))
    })
    await send()
    good.clear()
    await send()
    expect(tokens.asked.map(({ body }) => parseForm(body))).toEqual([
      { grant_type: 'refresh_token', refresh_token: 'r3fr3sh' },
      { grant_type: 'refresh_token', refresh_token: 'newer' },
    ])
  })
})

describe('a request', () => {
  test('carries the token, which is asked for once', async () => {
    const { tokens, broker, send } = await openTown()
    for (let count = 0; count < 3; count += 1) expect((await send()).status).toBe(204)
    expect(broker.asked.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill('Bearer t1'))
    expect(tokens.asked).toHaveLength(1)
  })

  test('carries the token alone in a header that is named', async () => {
    const { broker, send } = await openTown({ header: 'X-Auth-Token' })
    broker.answer((_asked, response) => response.writeHead(204).end())
    await send()
    expect(broker.asked[0]?.headers['x-auth-token']).toBe('t1')
    expect(broker.asked[0]?.headers.authorization).toBeUndefined()
  })

  test.each([401, 403])('T85: that gets %i is sent again with a new token', async status => {
    const { tokens, broker, good, send } = await openTown()
    await send()
    good.clear()
    broker.answer(({ headers }, response) =>
      response.writeHead(good.has(headers.authorization ?? '') ? 204 : status).end(),
    )
    expect((await send()).status).toBe(204)
    expect(tokens.asked).toHaveLength(2)
    expect(broker.asked.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer t1',
      'Bearer t1',
      'Bearer t2',
    ])
  })

  test('T85: eight at once whose token was withdrawn share one new token', async () => {
    const { tokens, good, send, broker } = await openTown({}, { concurrency: { max: 8 } })
    await send()
    good.clear()
    const answers = await Promise.all(Array.from({ length: 8 }, send))
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(204))
    expect(tokens.asked).toHaveLength(2)
    expect(broker.asked).toHaveLength(1 + 8 + 8)
  })

  test('that is refused with a new token too is not sent a third time', async () => {
    const { tokens, broker, send } = await openTown()
    broker.answer((_asked, response) => response.writeHead(403).end())
    expect((await send()).status).toBe(403)
    expect(broker.asked).toHaveLength(2)
    expect(tokens.asked).toHaveLength(2)
  })

  test('that is refused is not sent again where the login is always the same', async () => {
    const broker = await open((_asked, response) => response.writeHead(401).end())
    const destination = createDestination({ url: broker.url, auth: { kind: 'bearer', token: 'x' } })
    const post = new HttpPost({ destination, headers: {} })
    opened.push(() => post.close())
    expect((await post.request({ method: 'POST', path: '/', body: BODY })).status).toBe(401)
    expect(broker.asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer x'])
  })
})

describe('a token server', () => {
  test.each([
    [400, '{"error":"invalid_grant"}'],
    [401, '{"error":"invalid_client"}'],
    [302, ''],
    [404, 'not here'],
  ])('that answers %i raises an alarm with its words', async (status, body) => {
    const { tokens, broker, send } = await openTown()
    tokens.answer((_asked, response) => response.writeHead(status, { Location: '/login' }).end(body))
    expect(await send().catch(judgeFailure)).toEqual({
      kind: 'barred',
      code: 'TOKEN_REFUSED',
      detail: `token server ${tokens.url}/oauth2/token: HTTP ${status}${body && `: ${body}`}`,
    })
    expect(tokens.asked).toHaveLength(1)
    expect(broker.asked).toHaveLength(0)
  })

  test.each([
    ['a page to log in at', '<html>'],
    ['no token', '{}'],
    ['a token over two lines', '{"access_token":"a\\nb"}'],
    ['a token of another kind', '{"access_token":"a","token_type":"mac"}'],
    ['a token for no time', '{"access_token":"a","expires_in":0}'],
  ])('that gives %s raises an alarm', async (_what, body) => {
    const { tokens, send } = await openTown()
    tokens.answer((_asked, response) => response.end(body))
    expect(await send().catch(judgeFailure)).toEqual({
      kind: 'barred',
      code: 'TOKEN_REFUSED',
      detail: `token server ${tokens.url}/oauth2/token: expected a bearer token as JSON, got HTTP 200 without one`,
    })
  })

  test('that is overloaded is named, and its wait is handed on', async () => {
    const { tokens, send } = await openTown()
    tokens.answer((_asked, response) => response.writeHead(503, { 'Retry-After': '7' }).end('busy'))
    expect(await send().catch(judgeFailure)).toEqual({
      kind: 'later',
      detail: `token server ${tokens.url}/oauth2/token: HTTP 503: busy`,
      afterMs: 7_000,
    })
  })

  test('that is not there is named', async () => {
    const { tokens, send } = await openTown()
    await tokens.close()
    opened.splice(0, 1)
    expect(await send().catch(judgeFailure)).toEqual({
      kind: 'later',
      detail: `token server ${tokens.url}/oauth2/token: connect ECONNREFUSED 127.0.0.1:${tokens.port}`,
    })
  })

  test('that takes the request and says nothing is given up', async () => {
    const { tokens, send } = await openTown(
      {},
      { timeouts: { connect: '100ms', headers: '50ms', body: '50ms' } },
    )
    tokens.answer(() => {})
    expect(await send().catch(judgeFailure)).toEqual({
      kind: 'later',
      detail: `token server ${tokens.url}/oauth2/token: no answer within 200 ms`,
    })
  })

  test('that repeats what it was sent does not get our secrets into the log', async () => {
    const auth = { clientAuth: 'body', grant: 'password', username: 'kranj', password: 'p4ss' }
    const { tokens, send } = await openTown(auth)
    const echo = ({ body }: Asked) => `${'.'.repeat(150)}${body} ${SECRETS.join(' ')}`
    tokens.answer((asked, response) => response.writeHead(400).end(echo(asked)))
    const verdict = JSON.stringify(await send().catch(judgeFailure))
    expect(verdict).toContain('(hidden)')
    for (const secret of ['s3cr', 'p4ss']) expect(verdict).not.toContain(secret)
  })

  test('that was down is asked again by the next request', async () => {
    const { tokens, good, send } = await openTown()
    tokens.answer((_asked, response) => response.writeHead(500).end())
    await expect(send()).rejects.toThrow('HTTP 500')
    tokens.answer((_asked, response) => {
      good.add('Bearer t')
      response.end('{"access_token":"t"}')
    })
    expect((await send()).status).toBe(204)
    await until('two were asked for', () => tokens.asked.length === 2)
  })
})
