import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { TestAccess } from '../access/test-access.ts'
import { type Answer, problem, TestHttp } from './test-http.ts'

const PATH = '/api/v1/tokens'

let own: TestAccess
let http: TestHttp

beforeEach(async () => {
  own = await TestAccess.open()
  const sources = { tokens: own.tokens, audit: own.audit, tenantIds: ['kranj', 'bled'] }
  http = await TestHttp.open(sources, '127.0.0.1', own.access)
})

afterEach(async () => {
  await http.close()
  own.close()
})

function bearer(token = own.tokens.fresh): { Authorization: string } {
  return { Authorization: `Bearer ${token}` }
}

async function make(body: unknown, token?: string): Promise<{ id: string; token: string }> {
  const answer = await http.post(PATH, body, bearer(token))
  expect(answer.status).toBe(201)
  return answer.body as { id: string; token: string }
}

function remove(id: string, token?: string): Promise<Answer> {
  return http.sendPlain(`${PATH}/${id}`, { method: 'DELETE', headers: bearer(token) })
}

test('a token is made, shown once, and let in as what it is', async () => {
  own.now = Date.now()
  const wish = { name: 'grafana', role: 'viewer', tenant: 'kranj', expiresIn: '90d' }
  const { status, body, headers } = await http.post(PATH, wish, bearer())
  const { token, id } = body as { token: string; id: string }
  expect([status, headers.get('cache-control')]).toEqual([201, 'no-store'])
  expect(body).toMatchObject({ name: 'grafana', role: 'viewer', tenant: 'kranj', createdBy: 'token:setup' })
  const { expiresAt } = body as { expiresAt: string }
  expect(Date.parse(expiresAt) - own.now).toBeGreaterThanOrEqual(90 * 86_400_000)
  expect(await own.ask(token)).toBe('token:grafana viewer')
  const list = await http.get(PATH, bearer())
  expect(list.body).toMatchObject({ tokens: expect.arrayContaining([expect.objectContaining({ id })]) })
  expect(JSON.stringify(list.body)).not.toContain(token)
})

test('a token whose answer got lost is told once more, for ten minutes, and never made twice', async () => {
  const timers = jest.spyOn(globalThis, 'setTimeout')
  const headers = { ...bearer(), 'Idempotency-Key': 'k1' }
  const send = () => http.post(PATH, { name: 'grafana', role: 'viewer' }, headers)
  const first = await send()
  expect(await send()).toMatchObject({ status: 201, body: first.body })
  const later = timers.mock.calls.filter(([, ms]) => ms === 600_000)
  expect(later).toHaveLength(1)
  for (const [run] of later) run()
  timers.mockRestore()
  expect(await send()).toMatchObject({ status: 409, body: { code: 'SECRET_SHOWN' } })
  const { body } = await http.get(PATH, bearer())
  const { tokens } = body as { readonly tokens: readonly { readonly name: string }[] }
  expect(tokens.filter(({ name }) => name === 'grafana')).toHaveLength(1)
})

test.each([
  ['no name', { role: 'viewer' }, /^name: /],
  ['an empty name', { name: '', role: 'viewer' }, /^name: /],
  ['a name over two lines', { name: 'a\nb', role: 'viewer' }, /^name: expected a name on one line/],
  ['a name without end', { name: 'x'.repeat(101), role: 'viewer' }, /^name: /],
  ['no role', { name: 'a' }, /^role: /],
  ['a role that there is not', { name: 'a', role: 'root' }, /^role: /],
  ['a life without a unit', { name: 'a', role: 'viewer', expiresIn: '90' }, /^expiresIn: .*got "90"/],
  ['a life of a thousand years', { name: 'a', role: 'viewer', expiresIn: '365000d' }, /^expiresIn: .*3650d/],
  ['a key that there is not', { name: 'a', role: 'viewer', admin: true }, /admin/],
  ['no object', [], /^body: /],
])('%s is refused', async (_case, body, detail) => {
  expect(await http.post(PATH, body, bearer())).toMatchObject(problem(400, expect.stringMatching(detail)))
})

test('a token for a tenant that there is not is refused', async () => {
  const answer = await http.post(PATH, { name: 'a', role: 'viewer', tenant: 'koper' }, bearer())
  expect(answer).toMatchObject({ status: 404, body: { code: 'TENANT_UNKNOWN' } })
})

test('a name that is taken, and a token that there is not, are told by code', async () => {
  await make({ name: 'a', role: 'viewer' })
  const again = await http.post(PATH, { name: 'a', role: 'viewer' }, bearer())
  const nothing = await http.post(`${PATH}/none/rotate`, {}, bearer())
  const last = await remove('setup')
  expect([again, nothing, last].map(({ status, body }) => [status, (body as { code: string }).code])).toEqual(
    [
      [409, 'TOKEN_NAME_TAKEN'],
      [404, 'TOKEN_UNKNOWN'],
      [409, 'TOKEN_LAST'],
    ],
  )
})

test('a rotated token goes on as both for the grace, and a revoked one as neither', async () => {
  const { id, token } = await make({ name: 'a', role: 'viewer' })
  const rotated = await http.post(`${PATH}/${id}/rotate`, { grace: '10m' }, bearer())
  const next = (rotated.body as { token: string }).token
  expect([rotated.status, await own.ask(token), await own.ask(next)]).toEqual([
    200,
    'token:a viewer',
    'token:a viewer',
  ])
  expect((await remove(id)).status).toBe(204)
  expect([await own.ask(token), await own.ask(next)]).toEqual(['refused', 'refused'])
})

test('a grace of more than thirty days is refused', async () => {
  const { id } = await make({ name: 'a', role: 'viewer' })
  expect(await http.post(`${PATH}/${id}/rotate`, { grace: '31d' }, bearer())).toMatchObject(
    problem(400, expect.stringMatching(/^grace: .*at most 30d, got "31d"/)),
  )
})

describe('an admin of a tenant', () => {
  test('makes tokens of that tenant, and of no other and not of the whole agent', async () => {
    const { token } = await make({ name: 'mayor', role: 'admin', tenant: 'kranj' })
    const { id } = await make({ name: 'grafana', role: 'viewer' }, token)
    expect(own.tokens.list({ name: '', role: 'admin', tenant: 'kranj', from: '' })).toMatchObject([
      { name: 'mayor', tenant: 'kranj' },
      { id, name: 'grafana', tenant: 'kranj', createdBy: 'token:mayor' },
    ])
    const foreign = await http.post(PATH, { name: 'x', role: 'viewer', tenant: 'bled' }, bearer(token))
    expect(foreign.status).toBe(404)
  })

  test('does not find the tokens of others', async () => {
    const { token } = await make({ name: 'mayor', role: 'admin', tenant: 'kranj' })
    const { id } = await make({ name: 'grafana', role: 'viewer', tenant: 'bled' })
    for (const other of ['setup', id]) expect((await remove(other, token)).status).toBe(404)
    expect((await http.get(PATH, bearer(token))).body).toMatchObject({ tokens: [{ name: 'mayor' }] })
  })
})
