import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { AdminClient } from '../support/admin-client.ts'
import { listOperations, type Operation, toPath } from '../support/api-operations.ts'
import { DRAFT } from '../support/first-day.ts'
import { TENANT, Town } from '../support/town.ts'

const LAKE = '/api/v1/devices/kranj/lake'
const PLACE = { tenant: TENANT, destination: 'main', id: 'lake' }
/** One of each kind that did not come from a file. */
const MADE = {
  tenants: { id: 'bohinj' },
  destinations: { id: 'other', dialect: 'preview' },
  credentials: { tenant: 'bohinj', username: 'gate' },
  devices: { tenant: 'bohinj', id: 'savica', profile: 'test-six' },
}
/** Bodies that would be taken, where an empty one is not. */
const SOUND: Readonly<Record<string, object>> = {
  '/api/v1/tenants': { id: 'new' },
  '/api/v1/destinations': { id: 'new', dialect: 'preview' },
  '/api/v1/credentials': { tenant: 'bohinj', username: 'new' },
  '/api/v1/devices': { tenant: 'bohinj', id: 'new', profile: 'test-six' },
  '/api/v1/quarantine/replay': { all: true },
  '/api/v1/quarantine/discard': { all: true },
  '/api/v1/lanes/{tenant}/{destination}/rewind': { to: '2026-01-01T00:00:00Z' },
  '/api/v1/tokens': { name: 'x', role: 'viewer' },
  '/api/v1/try': { profile: 'test-six', payload: { json: {} } },
  '/api/v1/profiles/test': { draft: 'id: x' },
  '/api/v1/profiles': { yaml: 'id: x' },
  '/api/v1/profiles/{id}/versions': { yaml: 'id: x' },
}
/** Fetched by brokers and by whoever has seen their address, who may add to it. */
const DOCUMENTS = ['/context.jsonld', '/contexts/{name}']

let town: Town
let admin: AdminClient
let operations: readonly Operation[]

beforeAll(async () => {
  town = await Town.start({ deviceCount: 3 })
  admin = new AdminClient(town.agent.httpUrl, town.agent.token)
  operations = await listOperations(admin)
  await admin.post('/api/v1/devices', { tenant: TENANT, id: 'lake', profile: 'test-six' })
  for (const [list, value] of Object.entries(MADE)) await admin.post(`/api/v1/${list}`, value)
})

afterAll(() => town.close())

const etagOf = async (path: string) => (await admin.ask('GET', path)).headers.get('etag') ?? ''

/** The text with each of its characters replaced by another one, in turn. */
function tamper(text: string): readonly string[] {
  return [...text].map((char, at) => `${text.slice(0, at)}${char === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`)
}

describe('T69: two who change the same thing', () => {
  test('do so with the state that they saw, or are told', async () => {
    const tag = await etagOf(LAKE)
    const name = (text: string, headers: Readonly<Record<string, string>>) =>
      admin.ask('PATCH', LAKE, { body: { name: text }, headers })
    expect((await name('a', {})).status).toBe(428)
    expect((await name('b', { 'If-Match': tag })).status).toBe(200)
    expect(await name('c', { 'If-Match': tag })).toMatchObject({ status: 412, body: { code: 'CHANGED' } })
    expect(await admin.get(LAKE)).toMatchObject({ value: { name: 'b' } })
  })

  test('of two who begin with one state, one is too late', async () => {
    const headers = { 'If-Match': await etagOf(LAKE) }
    const answers = await Promise.all(
      ['x', 'y', 'z'].map(name => admin.ask('PATCH', LAKE, { body: { name }, headers })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412])
  })
})

describe('T69: a request that is sent again', () => {
  const headers = { 'Idempotency-Key': '0b0c-1' }
  const make = (id: string) =>
    admin.ask('POST', '/api/v1/devices', { body: { tenant: TENANT, id, profile: 'test-six' }, headers })

  test('with the same key is done once and answered alike, and with another body refused', async () => {
    const [first, second] = [await make('again'), await make('again')]
    expect([first.status, second.status, second.text]).toEqual([201, 201, first.text])
    expect(await make('other')).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } })
    expect((await admin.ask('GET', '/api/v1/devices/kranj/other')).status).toBe(404)
    expect(await admin.get('/api/v1/devices/kranj/again')).toMatchObject({ revision: 1 })
  })

  test('as a file of devices, too', async () => {
    const send = (body: string) =>
      admin.ask('POST', `/api/v1/devices/import?tenant=${TENANT}&dryRun=true`, {
        ...{ body, headers: { 'Idempotency-Key': '0b0c-2', 'Content-Type': 'text/csv' } },
      })
    const [first, second] = [await send('id,profile\na,test-six'), await send('id,profile\na,test-six')]
    expect([first.status, second.text]).toEqual([202, first.text])
    expect((await send('id,profile\nb,test-six')).status).toBe(422)
  })
})

describe('T75: what was given to be given back', () => {
  test('a cursor that was altered in any place, or is of another list, is refused', async () => {
    const list = '/api/v1/devices?limit=1&sort=name'
    const { next } = await admin.get(list)
    expect(await admin.ask('GET', `${list}&cursor=${next}`)).toMatchObject({ status: 200 })
    const altered = [...tamper(String(next)), 'x', '____', `${next}A`, String(next).slice(0, -1)]
    for (const cursor of altered) {
      const answer = await admin.ask('GET', `${list}&cursor=${encodeURIComponent(cursor)}`)
      expect([cursor, answer.status, answer.body['code']]).toEqual([cursor, 400, 'CURSOR_INVALID'])
    }
    const elsewhere = `/api/v1/credentials?limit=1&cursor=${next}`
    expect(await admin.ask('GET', elsewhere)).toMatchObject({ status: 400, body: { code: 'CURSOR_INVALID' } })
  })

  test('no list takes a cursor that somebody made up', async () => {
    const lists = operations.filter(({ query }) => query.includes('cursor'))
    expect(lists.length).toBeGreaterThan(6)
    const job = await startImport()
    await admin.post('/api/v1/profiles', { yaml: DRAFT })
    const taken: string[] = []
    for (const operation of lists) {
      const isOwned = operation.query.includes('tenant') && !operation.path.includes('/profiles/')
      const query = isOwned ? `tenant=${TENANT}&` : ''
      const path = `${toPath(operation, operation.path.includes('/profiles/') ? { id: 'gauge' } : { ...PLACE, job })}?${query}cursor=AAAAAAAAAAAAAAAAWzEsMl0`
      const { status, body } = await admin.ask(operation.method, path)
      if (status !== 400 || body['code'] !== 'CURSOR_INVALID') taken.push(`${path} ${JSON.stringify(body)}`)
    }
    expect(taken).toEqual([])
  })

  test('an ETag that was altered, or is of another thing, changes nothing', async () => {
    await admin.post('/api/v1/devices', { tenant: TENANT, id: 'tagged', profile: 'test-six' })
    const tags = [...tamper((await etagOf(LAKE)).slice(1, -1)), 'x', ''].map(tag => `"${tag}"`)
    tags.push(await etagOf('/api/v1/devices/kranj/tagged'))
    for (const tag of tags) {
      const answer = await admin.ask('DELETE', LAKE, { headers: { 'If-Match': tag } })
      expect([tag, answer.status, answer.body['code']]).toEqual([tag, 400, 'ETAG_INVALID'])
    }
    expect((await admin.ask('GET', LAKE)).status).toBe(200)
  })

  test('an import under a number that was altered is not there', async () => {
    for (const job of [...tamper(await startImport()), '..', '%00', '__proto__']) {
      expect((await admin.ask('GET', `/api/v1/devices/import/${encodeURIComponent(job)}`)).status).toBe(404)
    }
  })
})

describe('T76: keys that are not known', () => {
  test('are told by every route that takes a body, each with its place', async () => {
    const withBody = operations.filter(({ bodies }) => bodies.some(type => type.endsWith('json')))
    const asked = withBody.filter(({ path }) => path !== '/api/v1/devices/import')
    expect(asked.length).toBeGreaterThan(18)
    expect(await findSilent(asked, operation => [toOwnPath(operation), { zzUnknown: 1 }])).toEqual([])
  })

  test('are told by every route in its query', async () => {
    const asked = operations.filter(({ path }) => !DOCUMENTS.includes(path))
    expect(asked.length).toBeGreaterThan(50)
    expect(await findSilent(asked, operation => [`${toOwnPath(operation)}?zzUnknown=1`, {}])).toEqual([])
  })

  test('make nobody more than they are', async () => {
    const operator = admin.as(await admin.makeToken({ name: 'o', role: 'operator', tenant: TENANT }))
    const path = '/api/v1/devices/kranj/lake'
    for (const key of ['role', 'tenant', 'source', 'revision', '__proto__']) {
      const body = `{"profile":"test-six","${key}":"admin"}`
      const answer = await operator.ask('PUT', path, { body, headers: { 'If-Match': '*' } })
      expect([key, answer.status >= 400 && answer.status < 500]).toEqual([key, true])
    }
    expect(
      (await operator.ask('POST', '/api/v1/tokens', { body: { name: 'x', role: 'admin' } })).status,
    ).toBe(403)
  })
})

async function startImport(): Promise<string> {
  const path = `/api/v1/devices/import?tenant=${TENANT}&dryRun=true`
  const { id } = await admin.post(path, 'id,profile\nx,test-six', { 'Content-Type': 'text/csv' })
  return String(id)
}

/** The routes that do not answer with the place of the key, each with its answer. */
async function findSilent(
  asked: readonly Operation[],
  ask: (operation: Operation) => readonly [path: string, over: object],
): Promise<readonly string[]> {
  const silent: string[] = []
  for (const operation of asked) {
    const [path, over] = ask(operation)
    const { status, body, text } = await admin.ask(operation.method, path, {
      ...(operation.bodies.length > 0 && { body: { ...SOUND[operation.path], ...over } }),
      headers: { 'If-Match': '*' },
    })
    const errors = (body['errors'] ?? []) as readonly { readonly pointer: string }[]
    const isTold = status === 400 && errors.some(({ pointer }) => pointer === '#/zzUnknown')
    if (!isTold) silent.push(`${operation.method} ${operation.path}: ${status} ${text}`)
  }
  return silent
}

/** Of what did not come from a file. */
function toOwnPath(operation: Operation): string {
  const ids = { '/api/v1/destinations': 'other', '/api/v1/credentials': 'gate', '/api/v1/devices': 'savica' }
  const [, id = '1'] = Object.entries(ids).find(([list]) => operation.path.startsWith(list)) ?? []
  return toPath(operation, { tenant: 'bohinj', destination: 'main', id })
}
