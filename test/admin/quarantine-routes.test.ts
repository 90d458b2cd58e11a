import { afterEach, expect, test } from '@jest/globals'
import type { QuarantinedMessage } from '../../src/journal/quarantine.ts'
import { createLane, problem, TestHttp } from './test-http.ts'

let http: TestHttp

afterEach(() => http.close())

test('the quarantine shows every entry with its message and why it is there', async () => {
  http = await openWith([createEntry('kranj/main/7')])
  expect(await http.get('/api/v1/quarantine')).toMatchObject({
    status: 200,
    body: {
      entries: [
        {
          id: 'kranj/main/7',
          tenant: 'kranj',
          destination: 'main',
          code: 'DECODE_FAILED',
          detail: 'expected JSON, got "x"',
          device: 'dev',
          topic: 'tromost/dev/up',
          receivedAt: '2026-01-15T09:00:00.000Z',
          quarantinedAt: '2026-01-15T09:00:01.000Z',
          messages: 1,
          payload: 'AP8=',
        },
      ],
    },
  })
})

test('the quarantine goes on, page after page and lane after lane, until each was shown once', async () => {
  const ids = [
    ...Array.from({ length: 5 }, (_, index) => `kranj/main/${index * 3}`),
    ...Array.from({ length: 4 }, (_, index) => `bled/main/${index}`),
    'bled/other/12',
  ]
  for (const limit of [1, 2, 3, 5, 9, 10, 11]) {
    http = await openWith(ids.map(createEntry))
    const pages = await readPages(limit)
    expect(pages.flat()).toEqual(ids)
    expect(pages.every(page => page.length <= limit)).toBe(true)
    // A full page may be the last one: only an empty one tells that.
    expect(pages).toHaveLength(Math.floor(ids.length / limit) + 1)
    await http.close()
  }
})

test('the quarantine is empty where there is nothing, and has no next page then', async () => {
  http = await openWith([])
  expect((await http.get('/api/v1/quarantine')).body).toEqual({ entries: [] })
})

test('the quarantine gives a hundred entries unless told otherwise', async () => {
  http = await openWith(Array.from({ length: 101 }, (_, index) => createEntry(`kranj/main/${index}`)))
  expect((await http.get('/api/v1/quarantine')).body).toMatchObject({ next: expect.any(String) })
})

test.each([
  ['limit=0', /^limit: /],
  ['limit=1001', /^limit: /],
  ['limit=many', /^limit: /],
  ['limit=1.5', /^limit: /],
  ['cursor=kranj/main/7', /^cursor: expected `next` of a page of this very list/],
  ['page=2', /page/],
  ['limit=1&limit=2', /^limit: /],
])('%s is a fault of the query', async (query, detail) => {
  http = await openWith([createEntry('kranj/main/7')])
  expect(await http.get(`/api/v1/quarantine?${query}`)).toMatchObject(
    problem(400, expect.stringMatching(detail)),
  )
})

test('the quarantine shows only what is asked for', async () => {
  http = await openWith(['kranj/main/1', 'bled/main/2', 'bled/other/3'].map(createEntry))
  const listed = async (query: string) => {
    const { body } = await http.get(`/api/v1/quarantine?${query}`)
    return (body as { entries: readonly { id: string }[] }).entries.map(({ id }) => id)
  }
  expect(await listed('tenant=bled')).toEqual(['bled/main/2', 'bled/other/3'])
  expect(await listed('destination=main')).toEqual(['kranj/main/1', 'bled/main/2'])
  expect(await listed('tenant=bled&destination=other')).toEqual(['bled/other/3'])
  expect(await listed('device=dev&reason=MAP_FAILED')).toEqual([])
  expect(await listed('device=dev&reason=DECODE_FAILED&limit=1')).toEqual(['kranj/main/1'])
})

test('one entry is found by its id, with its slashes as they are or escaped', async () => {
  http = await openWith([createEntry('kranj/main/7')])
  for (const id of ['kranj/main/7', 'kranj%2Fmain%2F7']) {
    expect(await http.get(`/api/v1/quarantine/${id}`)).toMatchObject({
      status: 200,
      body: { id: 'kranj/main/7', payload: 'AP8=' },
    })
  }
})

test.each(['kranj/main/8', 'kranj%2Fmain', 'seven'])('%s is no entry', async id => {
  http = await openWith([createEntry('kranj/main/7')])
  const { body, ...answer } = await http.get(`/api/v1/quarantine/${id}`)
  expect([answer.status, body]).toMatchObject([
    404,
    { code: 'ENTRY_UNKNOWN', detail: expect.stringContaining(decodeURIComponent(id)) },
  ])
})

test('a cursor whose entry is gone goes on behind it', async () => {
  http = await openWith(['kranj/main/1', 'kranj/main/5', 'kranj/main/9'].map(createEntry))
  const next = await readNext('limit=2')
  await http.close()
  http = await openWith(['kranj/main/1', 'kranj/main/9'].map(createEntry))
  expect((await http.get(`/api/v1/quarantine?limit=2&cursor=${next}`)).body).toEqual({
    entries: [expect.objectContaining({ id: 'kranj/main/9' })],
  })
})

test('a cursor whose lane is gone leads nowhere', async () => {
  http = await openWith([createEntry('kranj/main/1')])
  const next = await readNext('limit=1')
  await http.close()
  http = await TestHttp.open({ getLanes: async () => [createLane({ tenant: 'bled' })] })
  expect(await http.get(`/api/v1/quarantine?cursor=${next}`)).toMatchObject(
    problem(400, 'cursor: expected a lane that is there, got kranj/main'),
  )
})

test('a cursor that was altered, or is of a list with another filter, is refused', async () => {
  http = await openWith(['kranj/main/1', 'kranj/main/5'].map(createEntry))
  const next = await readNext('limit=1')
  expect(await http.get(`/api/v1/quarantine?limit=5&cursor=${next}`)).toMatchObject({ status: 200 })
  const altered = [`${next}A`, next.replace(/^./, first => (first === 'A' ? 'B' : 'A')), next.slice(1), 'A']
  for (const query of [...altered.map(cursor => `cursor=${cursor}`), `tenant=kranj&cursor=${next}`]) {
    expect(await http.get(`/api/v1/quarantine?${query}`)).toMatchObject({
      status: 400,
      body: { code: 'CURSOR_INVALID', errors: [{ in: 'query', pointer: '#/cursor' }] },
    })
  }
})

async function readNext(query: string): Promise<string> {
  const { body } = await http.get(`/api/v1/quarantine?${query}`)
  return (body as { readonly next: string }).next
}

/** Lanes kranj/main, bled/main and bled/other with these entries, as the journal lists them. */
function openWith(entries: readonly QuarantinedMessage[]): Promise<TestHttp> {
  return TestHttp.open({
    getLanes: async () => [
      createLane(),
      createLane({ tenant: 'bled' }),
      createLane({ tenant: 'bled', destination: 'other' }),
    ],
    getQuarantined: async ({ position, ...place }) =>
      entries.find(entry => entry.id === `${place.tenant}/${place.destination}/${position}`),
    listQuarantine: async ({ tenant, destination, filter, after = -1, limit }) => {
      if (limit < 1) throw new Error(`expected a limit of at least 1, got ${limit}`)
      return entries
        .filter(entry => entry.tenant === tenant && entry.destination === destination)
        .filter(
          ({ device, code }) => (filter.device ?? device) === device && (filter.reason ?? code) === code,
        )
        .filter(entry => Number(entry.id.split('/')[2]) > after)
        .slice(0, limit)
    },
  })
}

async function readPages(limit: number): Promise<readonly (readonly string[])[]> {
  const pages: string[][] = []
  let cursor: string | undefined
  do {
    const query = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const { body } = await http.get(`/api/v1/quarantine?limit=${limit}${query}`)
    const page = body as { readonly entries: readonly { readonly id: string }[]; readonly next?: string }
    pages.push(page.entries.map(({ id }) => id))
    cursor = page.next
  } while (cursor !== undefined)
  return pages
}

function createEntry(id: string): QuarantinedMessage {
  const [tenant = '', destination = '', position] = id.split('/')
  return {
    id,
    position: Number(position),
    tenant,
    destination,
    code: 'DECODE_FAILED',
    detail: 'expected JSON, got "x"',
    device: 'dev',
    topic: 'tromost/dev/up',
    receivedAt: Date.parse('2026-01-15T09:00:00Z'),
    quarantinedAt: Date.parse('2026-01-15T09:00:01Z'),
    messages: 1,
    payload: Buffer.from([0, 255]),
    bytes: 200,
  }
}
