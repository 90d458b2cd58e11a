import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { AuditRecord } from '../../src/audit/audit-record.ts'
import { ADMIN, TestAccess } from '../access/test-access.ts'
import { createLane, problem, TestHttp } from './test-http.ts'

let own: TestAccess
let http: TestHttp
let failure: Error | undefined
let discarded: number

beforeEach(async () => {
  own = await TestAccess.open()
  failure = undefined
  discarded = 0
  const discardQuarantine = async () => {
    discarded += 1
    if (failure !== undefined) throw failure
    return 3
  }
  const getLanes = async () => [createLane(), createLane({ tenant: 'bled' })]
  const sources = { tokens: own.tokens, audit: own.audit, getLanes, discardQuarantine }
  http = await TestHttp.open({ ...sources, tenantIds: ['kranj', 'bled'] }, '127.0.0.1', own.access)
})

afterEach(async () => {
  await http.close()
  own.close()
})

function bearer(token = own.tokens.fresh): { Authorization: string } {
  return { Authorization: `Bearer ${token}` }
}

async function list(query = '', token?: string): Promise<readonly string[]> {
  const { status, body } = await http.get(`/api/v1/audit${query}`, bearer(token))
  expect(status).toBe(200)
  return (body as { records: AuditRecord[] }).records.map(describeRecord)
}

async function exportAll(query = '', token?: string): Promise<readonly AuditRecord[]> {
  const { type, body } = await http.get(`/api/v1/audit/export${query}`, bearer(token))
  expect(type).toMatch(/^application\/x-ndjson\b/)
  const lines = String(body).trimEnd().split('\n')
  return lines.map(line => JSON.parse(line))
}

function describeRecord({ action, place, outcome }: AuditRecord): string {
  return [action, place.kind, place.tenant, place.id, outcome].filter(Boolean).join(' ')
}

describe('orders for lanes', () => {
  test('are told with who gave them, from where, and what they meant', async () => {
    const { secret } = await own.create({ name: 'night', role: 'operator' })
    await http.post('/api/v1/quarantine/discard', { tenant: 'kranj', device: 'six-1' }, bearer(secret))
    const [record] = (
      (await http.get('/api/v1/audit?kind=lane', bearer())).body as { records: AuditRecord[] }
    ).records
    expect(record).toMatchObject({
      actor: { name: 'token:night', role: 'operator' },
      from: '127.0.0.1',
      action: 'discard',
      place: { kind: 'lane', tenant: 'kranj', id: 'main' },
      after: { filter: { device: 'six-1' } },
      outcome: 'ordered',
    })
  })

  test('that only try are not told', async () => {
    await http.post('/api/v1/quarantine/discard?dryRun=true', { all: true }, bearer())
    expect(await list('?kind=lane')).toEqual([])
  })

  test('that fail are told as failed', async () => {
    failure = new Error('out of order')
    await http.post('/api/v1/quarantine/discard', { tenant: 'kranj' }, bearer())
    expect(await list('?kind=lane')).toEqual([
      'discard lane kranj main failed: out of order',
      'discard lane kranj main ordered',
    ])
  })

  test('that cannot be told are not carried out', async () => {
    own.engine.fail(new Error('disk'))
    expect((await http.post('/api/v1/quarantine/discard', { all: true }, bearer())).status).toBe(500)
    own.engine.fail()
    expect(discarded).toBe(0)
  })

  test('of an operator of a tenant go to its lanes only', async () => {
    const { secret } = await own.create({ name: 'night', role: 'operator', tenant: 'bled' })
    const answer = await http.post('/api/v1/quarantine/discard', { all: true }, bearer(secret))
    expect([answer.status, answer.body]).toMatchObject([200, { messages: 3 }])
    expect(await list('?kind=lane')).toEqual(['discard lane bled main ordered'])
    const foreign = await http.post('/api/v1/quarantine/discard', { tenant: 'kranj' }, bearer(secret))
    const ids = await http.post('/api/v1/quarantine/discard', { ids: ['kranj/main/1'] }, bearer(secret))
    expect([foreign.status, ids]).toMatchObject([404, { status: 400, body: { code: 'ENTRY_UNKNOWN' } }])
  })
})

test('pages go on where the one before ended', async () => {
  for (const name of ['a', 'b', 'c']) await own.create({ name, role: 'viewer' })
  const first = (await http.get('/api/v1/audit?limit=3', bearer())).body as {
    next: string
    records: object[]
  }
  expect(first).toMatchObject({
    next: expect.any(String),
    records: [{ number: 4 }, { number: 3 }, { number: 2 }],
  })
  const rest = await http.get(`/api/v1/audit?limit=3&cursor=${first.next}`, bearer())
  expect(rest.body).toEqual({ records: [expect.objectContaining({ number: 1 })] })
})

test.each([
  ['limit=0', /^limit: /],
  ['cursor=none', /^cursor: /],
  ['since=yesterday', /^since: expected a time such as/],
  ['since=2026-01-15', undefined],
  ['until=2h', undefined],
  ['colour=red', /colour/],
])('%s', async (query, detail) => {
  const answer = await http.get(`/api/v1/audit?${query}`, bearer())
  if (detail === undefined) expect(answer.status).toBe(200)
  else expect(answer).toMatchObject(problem(400, expect.stringMatching(detail)))
})

test('an admin of a tenant sees what is of that tenant, in pages and exported', async () => {
  const { secret } = await own.create({ name: 'mayor', role: 'admin', tenant: 'kranj' })
  await own.create({ name: 'grafana', role: 'viewer', tenant: 'bled' })
  const place = { kind: 'tenant', id: 'kranj' }
  await own.audit.record({ actor: ADMIN, action: 'update', place })
  const expected = ['update tenant kranj done', expect.stringMatching(/^create token kranj /)]
  expect(await list('', secret)).toEqual(expected)
  expect((await exportAll('', secret)).map(describeRecord).reverse()).toEqual(expected)
  expect((await http.get('/api/v1/audit?tenant=bled', bearer(secret))).status).toBe(404)
})

test('an export is all there is, oldest first, and can be filtered', async () => {
  await own.create({ name: 'a', role: 'viewer' })
  expect((await exportAll()).map(({ number }) => number)).toEqual([1, 2])
  expect(await exportAll('?actor=agent')).toMatchObject([{ number: 1 }])
})
