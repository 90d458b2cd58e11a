import { request } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { RouteOptions } from 'fastify'
import type { NewToken } from '../../src/access/tokens.ts'
import { type Api, createApi } from '../../src/admin/api.ts'
import { addRoutes } from '../../src/admin/http.ts'
import { TestAccess } from '../access/test-access.ts'
import { createLane, KEY, NOTHING } from './test-http.ts'

/** Answer everybody, wherever the listener is. */
const PUBLIC = ['GET /healthz', 'GET /readyz', 'GET /context.jsonld', 'GET /contexts/:name']
/** Answer everybody where only this machine can ask. */
const OPEN_ON_LOOPBACK = [
  'GET /metrics',
  'GET /openapi.json',
  'GET /docs',
  'GET /api/v1/status',
  'GET /api/v1/lanes',
  'GET /api/v1/balance',
  'GET /api/v1/alarms',
  'GET /api/v1/devices/status',
  'GET /api/v1/devices/:tenant/:id/status',
  'GET /api/v1/quarantine',
  'GET /api/v1/quarantine/:id',
  'GET /api/v1/quarantine/:tenant/:destination/:position',
  'GET /api/v1/messages',
  'GET /api/v1/messages/tail',
  'GET /ngsi-ld/v1/entities',
  'GET /ngsi-ld/v1/entities/:id',
]
/** Need a token, whatever its role. */
const FOR_VIEWERS = [
  'GET /api/v1/devices/import/:job',
  'GET /api/v1/devices/export',
  'GET /api/v1/onboarding',
  'GET /api/v1/onboarding/ignored',
  'GET /api/v1/tenants',
  'GET /api/v1/tenants/:tenant',
  'GET /api/v1/destinations',
  'GET /api/v1/destinations/:id',
  'GET /api/v1/devices',
  'GET /api/v1/devices/:tenant/:id',
  'GET /api/v1/credentials',
  'GET /api/v1/credentials/:tenant/:id',
  'GET /api/v1/profiles',
  'GET /api/v1/profiles/:id',
  'GET /api/v1/profiles/:id/versions',
  'GET /api/v1/profiles/:id/versions/:version',
  'GET /api/v1/profiles/:id/versions/:version/shadow',
]
/** Need more than a viewer has: those that are for operators, all others that are not for reading are for admins. */
const FOR_OPERATORS = [
  'POST /api/v1/quarantine/replay',
  'POST /api/v1/quarantine/discard',
  'POST /api/v1/lanes/:tenant/:destination/rewind',
  'POST /api/v1/devices/import',
  'POST /api/v1/onboarding/:tenant/:device/accept',
  'POST /api/v1/onboarding/:tenant/:device/reject',
  'POST /api/v1/onboarding/:tenant/:device/heed',
  'POST /api/v1/try',
  'POST /api/v1/profiles/test',
  'POST /api/v1/devices',
  'PUT /api/v1/devices/:tenant/:id',
  'PATCH /api/v1/devices/:tenant/:id',
  'DELETE /api/v1/devices/:tenant/:id',
  'POST /api/v1/devices/:tenant/:id/password',
  'DELETE /api/v1/devices/:tenant/:id/password',
  'POST /api/v1/devices/:tenant/:id/psk',
  'DELETE /api/v1/devices/:tenant/:id/psk',
]
const FOR_ADMINS = [
  'GET /api/v1/tokens',
  'POST /api/v1/tokens',
  'DELETE /api/v1/tokens/:id',
  'POST /api/v1/tokens/:id/rotate',
  'GET /api/v1/audit',
  'GET /api/v1/audit/export',
  'POST /api/v1/profiles',
  'DELETE /api/v1/profiles/:id',
  'POST /api/v1/profiles/:id/versions',
  'POST /api/v1/profiles/:id/versions/:version/activate',
  'POST /api/v1/profiles/:id/rollback',
  'POST /api/v1/profiles/:id/versions/:version/shadow',
  'DELETE /api/v1/profiles/:id/versions/:version/shadow',
  'GET /api/v1/export',
  'POST /api/v1/import',
  'DELETE /api/v1/devices/:tenant/:id/data',
  'POST /api/v1/tenants',
  'PUT /api/v1/tenants/:tenant',
  'PATCH /api/v1/tenants/:tenant',
  'DELETE /api/v1/tenants/:tenant',
  'POST /api/v1/destinations',
  'PUT /api/v1/destinations/:id',
  'PATCH /api/v1/destinations/:id',
  'DELETE /api/v1/destinations/:id',
  'POST /api/v1/credentials',
  'PUT /api/v1/credentials/:tenant/:id',
  'PATCH /api/v1/credentials/:tenant/:id',
  'DELETE /api/v1/credentials/:tenant/:id',
  'POST /api/v1/credentials/:tenant/:id/password',
  'DELETE /api/v1/credentials/:tenant/:id/password',
  'POST /api/v1/credentials/:tenant/:id/psk',
  'DELETE /api/v1/credentials/:tenant/:id/psk',
]

/** Long enough that a failed login does not count in the next test. */
const PAUSE_MS = 3_600_000

let own: TestAccess
/** Open to other machines, and to this one only. */
let server: Api
let local: Api
let calls: number
let made = 0

beforeAll(async () => {
  own = await TestAccess.open()
  server = await open('0.0.0.0')
  local = await open('127.0.0.1')
})

beforeEach(() => {
  own.now += PAUSE_MS
  calls = 0
})

afterAll(async () => {
  await server.close()
  await local.close()
  own.close()
})

async function createToken(token: Omit<NewToken, 'name'>): Promise<string> {
  made += 1
  return (await own.create({ ...token, name: `token ${made}` })).secret
}

async function open(host: string, onRoute: (route: RouteOptions) => void = () => {}): Promise<Api> {
  const opened = createApi()
  opened.addHook('onRoute', onRoute)
  const getLanes = async () => {
    calls += 1
    return [createLane(), createLane({ tenant: 'bled' })]
  }
  const sources = {
    ...NOTHING,
    ...{ getLanes, tenantIds: ['kranj', 'bled'], audit: own.audit, tokens: own.tokens },
    getContext: () => ({ body: '{}', etag: '"1"' }),
  }
  await addRoutes(opened, { access: own.access, host, key: KEY, sources })
  await opened.listen({ host: '127.0.0.1', port: 0 })
  return opened
}

const ROUTES = await listRoutes()

/** As the server has them: what is added there is found here. */
async function listRoutes(): Promise<readonly string[]> {
  own = await TestAccess.open()
  const found: string[] = []
  const opened = await open('127.0.0.1', ({ method, url }) => {
    found.push(...[method].flat().map(one => `${one} ${url}`))
  })
  await opened.close()
  own.close()
  return found.filter(route => !route.startsWith('HEAD '))
}

interface Asked {
  readonly token?: string | undefined
  readonly on?: Api
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
}

interface Answered {
  readonly status: number
  readonly body: string
}

/** As it is: fetch would set some headers by itself. */
function send(
  route: string,
  { token, on = server, query = '', headers = {} }: Asked = {},
): Promise<Answered> {
  const [method = '', template = ''] = route.split(' ')
  const path = template
    .replace(':tenant', 'kranj')
    .replace(':destination', 'main')
    .replace(/:\w+/, 'none')
    .replace(':position', '1')
  const address = on.server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const body = method === 'POST' ? '{}' : ''
  const type = body === '' ? {} : { 'content-type': 'application/json' }
  const bearer = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return new Promise((resolve, reject) => {
    const asked = request({
      ...{ host: '127.0.0.1', port, method, path: `${path}${query}` },
      headers: { host: 'localhost', ...type, ...bearer, ...headers },
    })
    asked.on('error', reject)
    asked.on('response', response => {
      const status = response.statusCode ?? 0
      const parts: Buffer[] = []
      response.on('data', part => parts.push(part))
      response.on('error', reject)
      response.on('end', () => resolve({ status, body: Buffer.concat(parts).toString() }))
    })
    asked.end(body)
  })
}

/** The tail of messages is left by a question that it does not understand; it would not end. */
async function ask(route: string, asked: Asked = {}): Promise<number> {
  return (await send(route, route.endsWith('/tail') ? { ...asked, query: '?limit=1' } : asked)).status
}

const guarded = ROUTES.filter(route => !PUBLIC.includes(route))

test('every route is in one of the lists', () => {
  const listed = [...PUBLIC, ...OPEN_ON_LOOPBACK, ...FOR_VIEWERS, ...FOR_OPERATORS, ...FOR_ADMINS]
  expect(listed.sort()).toEqual([...ROUTES].sort())
})

test.each(PUBLIC)('%s answers everybody', async route => {
  expect(await ask(route)).toBe(200)
})

describe.each(guarded)('%s', route => {
  test('answers 401 without a token, with a wrong one, and with one that has expired, and does no work', async () => {
    const secret = await createToken({ role: 'admin', expiresAt: own.now })
    for (const token of [undefined, 'tromost_WRONG', secret]) expect(await ask(route, { token })).toBe(401)
    expect(calls).toBe(0)
  })

  test('takes the role that it needs, and none below', async () => {
    const needed = FOR_ADMINS.includes(route) ? 2 : FOR_OPERATORS.includes(route) ? 1 : 0
    const answers: boolean[] = []
    for (const role of ['viewer', 'operator', 'admin'] as const) {
      const token = await createToken({ role })
      answers.push((await ask(route, { token })) !== 403)
    }
    expect(answers).toEqual([needed <= 0, needed <= 1, needed <= 2])
  })

  test('has no tenant for the token of another one', async () => {
    const token = await createToken({ role: 'admin', tenant: 'bled' })
    const { status, body } = await send(route, { token, query: '?tenant=kranj' })
    expect([status, JSON.parse(body).code]).toEqual([404, 'TENANT_UNKNOWN'])
  })

  test('refuses a token in its address', async () => {
    const { status, body } = await send(route, { query: `?access_token=${own.tokens.fresh}` })
    expect([status, JSON.parse(body).code]).toEqual([400, 'TOKEN_IN_URL'])
    expect(body).not.toContain(own.tokens.fresh)
  })

  test(`on loopback it ${OPEN_ON_LOOPBACK.includes(route) ? 'answers' : 'does not answer'} without a token`, async () => {
    const isOpen = OPEN_ON_LOOPBACK.includes(route)
    expect((await ask(route, { on: local })) === 401).toBe(!isOpen)
    // A name of somebody else's that leads here, as DNS rebinding has it.
    expect(await ask(route, { on: local, headers: { host: 'evil.example' } })).toBe(401)
    expect(await ask(route, { on: local, token: 'tromost_WRONG' })).toBe(401)
  })
})

describe.each(guarded.filter(route => !route.startsWith('GET ')))('%s', route => {
  test.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['no origin at all', { origin: 'null' }],
    ['another port of this host', { origin: 'http://localhost:8080', host: 'localhost' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling', { 'sec-fetch-site': 'same-site' }],
  ])('refuses %s without a bearer token', async (_case, headers) => {
    for (const on of [server, local]) expect(await ask(route, { on, headers })).toBe(403)
    expect(await ask(route, { token: own.tokens.fresh, headers })).not.toBe(403)
  })
})
