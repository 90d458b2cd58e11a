import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { AuditEvent } from '../../src/audit/audit-record.ts'
import type { Provisioning } from '../../src/provisioning/live-provisioning.ts'
import { tenantSchema } from '../../src/registry/provision.ts'
import { device, fromFile, KRANJ, make, openProvisioning } from '../provisioning/test-provisioning.ts'
import { TestHttp } from './test-http.ts'

const DEVICES = '/api/v1/devices'
const SIX = `${DEVICES}/kranj/six-1`
const VALUE = { tenant: 'kranj', id: 'six-1', profile: 'six', name: 'Šola', attributes: {} }

let http: TestHttp
let provisioning: Provisioning
let told: AuditEvent[]

beforeEach(async () => {
  told = []
  const audit = {
    commit: async (events: readonly AuditEvent[]) => {
      told.push(...events)
    },
  }
  const OF_FILE = fromFile({ kind: 'tenant', id: 'bled' }, tenantSchema.parse({ id: 'bled' }))
  const MAIN = fromFile({ kind: 'destination', id: 'main' }, { id: 'main', dialect: 'preview' })
  provisioning = await openProvisioning({ audit, fromFiles: [MAIN, OF_FILE] })
  await make(provisioning, KRANJ)
  told = []
  http = await TestHttp.open({ provisioning })
})

afterEach(() => http.close())

const etagOf = async (path: string) => (await http.send('GET', path)).headers.get('etag') ?? ''
const withMatch = (tag: string, body?: unknown) => ({ headers: { 'If-Match': tag }, body })

test('devices are listed by whether they are silent', async () => {
  await make(provisioning, device('six-1'), device('six-2'), device('six-3'))
  await http.close()
  const state = { tenant: 'kranj', profile: 'six', knownSince: 0, lastHeardAt: 1 }
  const others = { interval: undefined, battery: undefined }
  http = await TestHttp.open({
    provisioning,
    getDeviceState: (_tenant, id) =>
      id === 'six-3' ? undefined : { ...state, ...others, id, state: id === 'six-1' ? 'silent' : 'ok' },
  })
  const list = async (silent: string) => {
    const { body } = await http.send('GET', `${DEVICES}?limit=1&silent=${silent}`)
    const { devices, total } = body as {
      readonly devices: readonly { readonly id: string }[]
      readonly total: number
    }
    return [devices.map(({ id }) => id), total]
  }
  expect(await list('true')).toEqual([['six-1'], 1])
  expect(await list('false')).toEqual([['six-2'], 2])
  expect(await http.send('GET', `${DEVICES}?silent=yes`)).toMatchObject({ status: 400 })
})

test('a device is made, read, changed and removed', async () => {
  const made = await http.post(DEVICES, { tenant: 'kranj', id: 'six-1', profile: 'six', name: 'Šola' })
  expect(made).toMatchObject({
    status: 201,
    body: {
      tenant: 'kranj',
      id: 'six-1',
      source: 'api',
      revision: 1,
      dryRun: false,
      warnings: [],
      value: VALUE,
    },
  })
  expect(made.headers.get('location')).toBe(SIX)
  const read = await http.send('GET', SIX)
  expect(read).toMatchObject({ status: 200, body: { revision: 1, value: VALUE } })
  const tag = read.headers.get('etag') ?? ''
  expect(made.headers.get('etag')).toBe(tag)
  const replaced = await http.send('PUT', SIX, withMatch(tag, { profile: 'eight' }))
  expect(replaced).toMatchObject({
    status: 200,
    body: { revision: 2, value: { tenant: 'kranj', id: 'six-1', profile: 'eight', attributes: {} } },
  })
  const next = replaced.headers.get('etag') ?? ''
  expect(next).not.toBe(tag)
  expect(await http.send('DELETE', SIX, withMatch(next))).toMatchObject({
    status: 200,
    body: { dryRun: false },
  })
  expect(await http.send('GET', SIX)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
  expect(told.map(({ actor, place }) => [actor.name, place.id])).toEqual(Array(3).fill(['tester', 'six-1']))
})

test('a merge patch changes what it names, and null removes', async () => {
  await make(provisioning, device('six-1', { name: 'Šola', attributes: { floor: 2, room: 'a' } }))
  const answer = await http.send('PATCH', SIX, {
    ...withMatch('*', { name: null, attributes: { floor: 3, room: null } }),
    headers: { 'If-Match': '*', 'Content-Type': 'application/merge-patch+json' },
  })
  const value = { tenant: 'kranj', id: 'six-1', profile: 'six', attributes: { floor: 3 } }
  expect([answer.status, answer.body]).toEqual([200, expect.objectContaining({ value })])
})

describe('If-Match and If-None-Match', () => {
  beforeEach(() => make(provisioning, device('six-1')).then(() => undefined))

  test.each(['PUT', 'PATCH', 'DELETE'])('%s without the state that it changes is refused', async method => {
    const body = method === 'DELETE' ? undefined : { profile: 'six' }
    expect(await http.send(method, SIX, { body })).toMatchObject({
      status: 428,
      body: { code: 'PRECONDITION_REQUIRED' },
    })
    expect(provisioning.get({ kind: 'device', tenant: 'kranj', id: 'six-1' })?.revision).toBe(1)
  })

  test('a state that is gone is refused', async () => {
    const tag = await etagOf(SIX)
    expect(await http.send('PUT', SIX, withMatch(tag, { profile: 'eight' }))).toMatchObject({ status: 200 })
    expect(await http.send('PUT', SIX, withMatch(tag, { profile: 'six' }))).toMatchObject({
      status: 412,
      body: { code: 'CHANGED' },
    })
    const both = `${tag}, ${await etagOf(SIX)}`
    expect(await http.send('PUT', SIX, withMatch(both, { profile: 'six' }))).toMatchObject({ status: 200 })
  })

  test('a tag that is not of this very thing is refused', async () => {
    const tag = await etagOf(SIX)
    await make(provisioning, device('six-2'))
    const foreign = await etagOf(`${DEVICES}/kranj/six-2`)
    for (const one of [foreign, `W/${tag}`, tag.replace('"', '"A'), 'six', '']) {
      expect(await http.send('DELETE', SIX, withMatch(one))).toMatchObject({
        status: 400,
        body: { code: 'ETAG_INVALID', errors: [{ in: 'header', pointer: '#/if-match' }] },
      })
    }
  })

  test('who has the state already gets nothing more', async () => {
    const tag = await etagOf(SIX)
    const headers = { 'If-None-Match': `W/${tag}` }
    expect(await http.send('GET', SIX, { headers })).toMatchObject({ status: 304, body: '' })
    await make(provisioning, device('six-1', { name: 'x' }))
    expect(await http.send('GET', SIX, { headers })).toMatchObject({ status: 200 })
  })
})

test('a dry run says what would be, and changes nothing', async () => {
  expect(await http.post(`${DEVICES}?dryRun=true`, VALUE)).toMatchObject({
    status: 200,
    body: { dryRun: true, value: VALUE },
  })
  expect(provisioning.list('device', { limit: 1 }).total).toBe(0)
  await make(provisioning, device('six-1'))
  for (const [method, body] of [
    ['PUT', { profile: 'eight' }],
    ['PATCH', { name: 'x' }],
    ['DELETE'],
  ] as const) {
    const answer = await http.send(method, `${SIX}?dryRun=true`, withMatch('*', body))
    expect(answer).toMatchObject({ status: 200, body: { dryRun: true } })
  }
  expect(provisioning.get({ kind: 'device', tenant: 'kranj', id: 'six-1' })?.revision).toBe(1)
  expect(told).toHaveLength(1)
})

describe('what is refused is told with its place', () => {
  test.each<[string, object, number, string, unknown]>([
    ['an unknown key', { ...VALUE, role: 'admin' }, 400, 'UNKNOWN_KEY', [{ in: 'body', pointer: '#/role' }]],
    [
      'an id that no topic can have',
      { ...VALUE, id: 'urn:x:1/../y' },
      400,
      'REQUEST_INVALID',
      [{ pointer: '#/id' }],
    ],
    ['an unknown profile', { ...VALUE, profile: 'nine' }, 400, 'REQUEST_INVALID', [{ pointer: '#/profile' }]],
    [
      'a reference to the environment',
      { ...VALUE, name: '$' + '{env:HOME}' },
      400,
      'REQUEST_INVALID',
      [{ pointer: '#/name' }],
    ],
    ['no id', { tenant: 'kranj', profile: 'six' }, 400, 'REQUEST_INVALID', [{ pointer: '#/id' }]],
    ['no tenant', { id: 'six-1', profile: 'six' }, 400, 'REQUEST_INVALID', [{ pointer: '#/tenant' }]],
    ['no object', [], 400, 'REQUEST_INVALID', [{ pointer: '#/id' }, { pointer: '#/tenant' }]],
  ])('%s', async (_case, body, status, code, errors) => {
    expect(await http.post(DEVICES, body)).toMatchObject({ status, body: { code, errors } })
    expect(provisioning.list('device', { limit: 1 }).total).toBe(0)
  })

  test('one that is there already, and one that a file has', async () => {
    expect(await http.post('/api/v1/tenants', { id: 'kranj' })).toMatchObject({
      status: 409,
      body: { code: 'EXISTS' },
    })
    expect(
      await http.send('PATCH', '/api/v1/tenants/bled', withMatch('*', { name: { sl: 'x' } })),
    ).toMatchObject({
      status: 409,
      body: { code: 'FROM_FILE', detail: expect.stringContaining('provision.yaml') },
    })
  })

  test('one that others need', async () => {
    await make(provisioning, device('six-1'))
    expect(await http.send('DELETE', '/api/v1/tenants/kranj', withMatch('*'))).toMatchObject({
      status: 409,
      body: { code: 'IN_USE' },
    })
  })
})

describe('lists', () => {
  beforeEach(async () => {
    const devices = Array.from({ length: 5 }, (_, at) => device(`six-${at}`, { name: `Šola ${9 - at}` }))
    await make(provisioning, ...devices, device('eight-1', { profile: 'eight', name: 'Most' }))
  })

  async function readIds(query: string): Promise<readonly (readonly string[])[]> {
    const pages: string[][] = []
    for (let cursor = ''; ; ) {
      const { status, body } = await http.send('GET', `${DEVICES}?${query}${cursor}`)
      expect(status).toBe(200)
      const page = body as { readonly devices: readonly { readonly id: string }[]; readonly next?: string }
      pages.push(page.devices.map(({ id }) => id))
      if (page.next === undefined) return pages
      cursor = `&cursor=${page.next}`
    }
  }

  test.each([
    [
      'limit=4',
      [
        ['eight-1', 'six-0', 'six-1', 'six-2'],
        ['six-3', 'six-4'],
      ],
    ],
    ['limit=2&profile=six&order=desc', [['six-4', 'six-3'], ['six-2', 'six-1'], ['six-0']]],
    [
      'limit=3&sort=name',
      [
        ['eight-1', 'six-4', 'six-3'],
        ['six-2', 'six-1', 'six-0'],
      ],
    ],
    ['q=šola%207', [['six-2']]],
    ['source=file', [[]]],
    ['tenant=bled', [[]]],
  ])('%s', async (query, pages) => {
    expect(await readIds(query)).toEqual(pages)
  })

  test('a cursor is good for its own list only', async () => {
    const { body } = await http.send('GET', `${DEVICES}?limit=2`)
    const { next, total } = body as { readonly next: string; readonly total: number }
    expect(total).toBe(6)
    for (const path of [`${DEVICES}?order=desc`, `${DEVICES}?profile=six`, '/api/v1/credentials?']) {
      const query = path.endsWith('?') ? 'limit=1' : '&limit=1'
      expect(await http.send('GET', `${path}${query}&cursor=${next}`)).toMatchObject({
        status: 400,
        body: { code: 'CURSOR_INVALID' },
      })
    }
  })
})

describe('secrets', () => {
  test('a password of ours is shown once, and replaced with a time in which both are taken', async () => {
    await make(provisioning, device('six-1'))
    const made = await http.post(`${SIX}/password`, { grace: '0s' })
    expect(made).toMatchObject({ status: 200, body: { password: expect.stringMatching(/^[0-9A-Z]{26}$/) } })
    const { password } = made.body as { readonly password: string }
    const again = await http.post(`${SIX}/password`, { grace: '7d' })
    expect(again).toMatchObject({
      body: { login: { oldUntil: new Date(Date.UTC(2026, 1, 8)).toISOString() } },
    })
    const shown = JSON.stringify([
      await http.send('GET', SIX),
      await http.send('GET', DEVICES),
      await http.send('PATCH', SIX, withMatch('*', { name: 'x' })),
      told,
    ])
    expect(shown).not.toContain(password)
    expect(shown).not.toMatch(/passwordHash|hmac/)
    expect(await http.send('DELETE', `${SIX}/password`)).toMatchObject({ status: 200 })
    expect((await http.send('GET', SIX)).body).not.toHaveProperty('login')
  })

  test('a key of ours for TLS-PSK is shown once, and replaced with a time in which both are taken', async () => {
    await make(provisioning, device('six-1', { password: 'chosen' }))
    const made = await http.post(`${SIX}/psk`, { grace: '0s' })
    const psk = { identity: expect.stringMatching(/^kranj\/six-1\/[0-9A-Z]{4}$/) }
    expect(made).toMatchObject({
      status: 200,
      body: { pskKey: expect.stringMatching(/^[0-9a-f]{64}$/), psk },
    })
    const { pskKey } = made.body as { readonly pskKey: string }
    const again = await http.post(`${SIX}/psk`, { grace: '7d' })
    const oldUntil = new Date(Date.UTC(2026, 1, 8)).toISOString()
    expect(again).toMatchObject({ body: { psk: { oldUntil } } })
    const shown = JSON.stringify([await http.send('GET', SIX), await http.send('GET', DEVICES), told])
    expect(shown).not.toContain(pskKey)
    expect(await http.send('DELETE', `${SIX}/psk`)).toMatchObject({ status: 200 })
    const { body } = await http.send('GET', SIX)
    expect(body).not.toHaveProperty('psk')
    expect(body).toHaveProperty('login')
  })

  test('the login of a destination is kept and never shown', async () => {
    const value = {
      ...{ id: 'broker', dialect: 'ngsi-ld', url: 'http://broker.example' },
      auth: { kind: 'bearer', token: 'planted-secret' },
    }
    const path = '/api/v1/destinations/broker'
    const answers = [
      await http.post('/api/v1/destinations', value),
      await http.send('GET', path),
      await http.send('PATCH', path, withMatch('*', { batch: { maxEntities: 5 } })),
      await http.send('GET', '/api/v1/destinations'),
      await http.post('/api/v1/destinations', { ...value, id: 'other', surprise: 1 }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200, 400])
    expect(JSON.stringify([answers, told])).not.toContain('planted-secret')
    const [, { parsed } = { parsed: {} }] = provisioning.destinations
    expect(parsed).toMatchObject({ auth: { token: 'planted-secret' }, batch: { maxEntities: 5 } })
  })
})

describe('with the token of a tenant', () => {
  beforeEach(async () => {
    await make(provisioning, device('six-1'))
    await http.close()
    const actor = { name: 'ana', role: 'admin', tenant: 'bled', from: '::1' } as const
    http = await TestHttp.open({ provisioning, tenantIds: ['kranj', 'bled'] }, '127.0.0.1', {
      identify: async () => ({ kind: 'actor', actor }),
    })
  })

  test('nothing of others is seen or changed', async () => {
    const body = { tenant: 'kranj', id: 'six-2', profile: 'six' }
    for (const [method, path, sent] of [
      ['GET', SIX, {}],
      ['PUT', SIX, withMatch('*', { profile: 'eight' })],
      ['DELETE', SIX, withMatch('*')],
      ['POST', `${SIX}/password`, { body: {} }],
      ['POST', DEVICES, { body }],
      ['GET', `${DEVICES}?tenant=kranj`, {}],
      ['GET', '/api/v1/tenants/kranj', {}],
    ] as const) {
      expect([path, (await http.send(method, path, sent)).status]).toEqual([path, 404])
    }
    expect(await http.send('GET', DEVICES)).toMatchObject({ body: { devices: [], total: 0 } })
    expect(await http.send('GET', '/api/v1/tenants')).toMatchObject({
      body: { tenants: [{ id: 'bled' }], total: 1 },
    })
  })

  test('what is of the whole agent is not theirs to change, and destinations not to see', async () => {
    for (const [method, path, sent] of [
      ['POST', '/api/v1/tenants', { body: { id: 'ptuj' } }],
      ['PATCH', '/api/v1/tenants/bled', withMatch('*', { brokerTenant: 'kranj' })],
      ['GET', '/api/v1/destinations', {}],
      ['GET', '/api/v1/destinations/main', {}],
      ['DELETE', '/api/v1/destinations/main', withMatch('*')],
    ] as const) {
      expect([path, (await http.send(method, path, sent)).status]).toEqual([path, 403])
    }
  })

  test('a device need not name the tenant', async () => {
    expect(await http.post(DEVICES, { id: 'six-9', profile: 'six' })).toMatchObject({
      status: 201,
      body: { tenant: 'bled', id: 'six-9' },
    })
  })
})
