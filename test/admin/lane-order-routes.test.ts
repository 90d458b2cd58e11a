import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { QuarantineOrder } from '../../src/draining/replays.ts'
import type { RewindOrder } from '../../src/journal/rewind.ts'
import { createLane, problem, TestHttp } from './test-http.ts'

let http: TestHttp
let orders: (QuarantineOrder | RewindOrder)[]
let isRunning: boolean

beforeEach(async () => {
  orders = []
  isRunning = false
  http = await TestHttp.open({
    getLanes: async () => [createLane(), createLane({ tenant: 'bled' })],
    replayQuarantine: async order => {
      orders.push(order)
      if (isRunning && order.tenant === 'bled') return undefined
      const entries = [{ id: `${order.tenant}/main/1`, outcome: 'delivered' as const }]
      return {
        finished: true,
        outcomes: { delivered: 2, quarantined: 1 },
        refusals: { MAP_FAILED: 1 },
        entries,
      }
    },
    discardQuarantine: async order => {
      orders.push(order)
      return 3
    },
    rewindLane: async order => {
      orders.push(order)
      return { position: 5, from: Date.parse('2026-01-15T09:00:00Z'), messages: 7, quarantined: 1 }
    },
  })
})

afterEach(() => http.close())

describe('a replay', () => {
  test('goes to every lane that is meant, and tells of all of them together', async () => {
    expect(await http.post('/api/v1/quarantine/replay', { reason: 'MAP_FAILED' })).toMatchObject({
      status: 200,
      body: {
        dryRun: false,
        finished: true,
        outcomes: { delivered: 4, quarantined: 2 },
        refusals: { MAP_FAILED: 2 },
        entries: [{ id: 'kranj/main/1' }, { id: 'bled/main/1' }],
      },
    })
    const filter = { reason: 'MAP_FAILED' }
    expect(orders).toEqual([
      { tenant: 'kranj', destination: 'main', filter, dryRun: false },
      { tenant: 'bled', destination: 'main', filter, dryRun: false },
    ])
  })

  test('by ids goes to their lanes only', async () => {
    const ids = ['bled/main/4', 'bled/main/2']
    expect(await http.post('/api/v1/quarantine/replay?dryRun=true', { ids })).toMatchObject({
      body: { dryRun: true },
    })
    expect(orders).toEqual([
      { tenant: 'bled', destination: 'main', filter: { positions: [4, 2] }, dryRun: true },
    ])
  })

  test('is refused while one is under way', async () => {
    isRunning = true
    const { status, body } = await http.post('/api/v1/quarantine/replay', { all: true })
    expect([status, body]).toMatchObject([
      409,
      { code: 'REPLAY_RUNNING', detail: expect.stringMatching(/^bled\/main: /) },
    ])
  })
})

test('what is discarded is counted over all lanes that are meant', async () => {
  const before = Date.now() - 7 * 86_400_000
  expect(
    await http.post('/api/v1/quarantine/discard', { tenant: 'kranj', device: 'six-2', olderThan: '7d' }),
  ).toMatchObject({ status: 200, body: { dryRun: false, messages: 3 } })
  expect(orders).toEqual([
    {
      ...{ tenant: 'kranj', destination: 'main', dryRun: false },
      filter: { device: 'six-2', before: expect.any(Number) },
    },
  ])
  const [order] = orders
  const at = order !== undefined && 'filter' in order ? (order.filter.before ?? 0) : 0
  expect([at >= before, at <= Date.now() - 7 * 86_400_000]).toEqual([true, true])
})

describe('a rewind', () => {
  test('is planned first and then done, and says from where', async () => {
    const { body } = await http.post('/api/v1/lanes/kranj/main/rewind', { to: '2026-01-15T09:00:00+01:00' })
    expect(body).toEqual({
      ...{ dryRun: false, finished: true, position: 5, messages: 7, quarantined: 1 },
      from: '2026-01-15T09:00:00.000Z',
    })
    const to = Date.parse('2026-01-15T08:00:00Z')
    expect(orders).toEqual([
      { tenant: 'kranj', destination: 'main', to, dryRun: true },
      { tenant: 'kranj', destination: 'main', to, dryRun: false },
    ])
  })

  test('that is a dry run is only planned', async () => {
    await http.post('/api/v1/lanes/kranj/main/rewind?dryRun=true', { to: '2h' })
    expect(orders).toMatchObject([{ dryRun: true }])
  })

  test.each([
    [
      '/api/v1/lanes/kranj/other/rewind',
      { to: '2h' },
      404,
      /^expected one of the lanes kranj\/main, bled\/main, got kranj\/other$/,
    ],
    [
      '/api/v1/lanes/kranj/main/rewind',
      { to: '2026-01-15T09:00' },
      400,
      /^to: expected a time in the past .* got "2026-01-15T09:00"$/,
    ],
    [
      '/api/v1/lanes/kranj/main/rewind',
      { to: '2999-01-15T09:00:00Z' },
      400,
      /^to: expected a time in the past/,
    ],
    ['/api/v1/lanes/kranj/main/rewind', {}, 400, /^to: /],
    ['/api/v1/lanes/kranj/main/rewind?dryRun=yes', { to: '2h' }, 400, /^dryRun: /],
  ])('%s with %j is answered with %i', async (path, body, status, detail) => {
    const answer = await http.post(path, body)
    expect([answer.status, answer.body]).toMatchObject([status, { detail: expect.stringMatching(detail) }])
    expect(orders).toEqual([])
  })
})

test.each([
  [{}, 400, /^body: expected ids, one of tenant, /],
  [{ ids: [] }, 400, /^ids: /],
  [
    { ids: ['kranj/main/x'] },
    400,
    /^ids: expected ids of entries such as kranj\/main\/7, got "kranj\/main\/x"$/,
  ],
  [{ ids: ['kranj/gone/1'] }, 400, /got "kranj\/gone\/1"$/],
  [{ olderThan: 'long' }, 400, /^olderThan: expected a duration such as 12h or 7d, got "long"$/],
  [{ all: false }, 400, /^all: /],
  [{ everything: true }, 400, /everything/],
  [{ tenant: 'ptuj' }, 404, /^expected one of the lanes kranj\/main, bled\/main, got ptuj\/\*$/],
])('%j means nothing that there is', async (body, status, detail) => {
  for (const verb of ['replay', 'discard']) {
    const answer = await http.post(`/api/v1/quarantine/${verb}`, body)
    expect([answer.status, answer.body]).toMatchObject([status, { detail: expect.stringMatching(detail) }])
  }
  expect(orders).toEqual([])
})

test.each(['quarantine/replay', 'quarantine/discard', 'lanes/kranj/main/rewind'])(
  'POST %s asks for the token on this machine too',
  async path => {
    expect(await http.post(`/api/v1/${path}`, { all: true }, {})).toMatchObject(
      problem(401, expect.stringContaining('Bearer')),
    )
    expect(orders).toEqual([])
  },
)
