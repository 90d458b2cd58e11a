import { afterEach, describe, expect, test } from '@jest/globals'
import { createLane, problem, TestHttp } from './test-http.ts'

let http: TestHttp

afterEach(() => http.close())

describe('health', () => {
  test('is alive and ready when the lanes answer', async () => {
    http = await TestHttp.open()
    expect(await http.get('/healthz')).toMatchObject({ status: 200, body: { status: 'alive' } })
    expect(await http.get('/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } })
  })

  test('is alive but not ready, with the reason, when they do not', async () => {
    http = await TestHttp.open({ getLanes: () => Promise.reject(new Error('it is being restarted')) })
    expect(await http.get('/healthz')).toMatchObject({ status: 200, body: { status: 'alive' } })
    expect(await http.get('/readyz')).toMatchObject(problem(503, 'it is being restarted'))
  })
})

test('metrics are text for Prometheus', async () => {
  http = await TestHttp.open({ renderMetrics: async () => 'tromost_x 1\n' })
  expect(await http.get('/metrics')).toMatchObject({
    status: 200,
    type: 'text/plain; version=0.0.4; charset=utf-8',
    body: 'tromost_x 1\n',
  })
})

test('the status tells of every lane what waits, what is under way and what troubles it, and how full the journal is', async () => {
  const troubled = createLane({ destination: 'other', trouble: 'connect ECONNREFUSED' })
  const journal = { bytes: 9, maxBytes: 20, tenants: [{ tenant: 'kranj', bytes: 9, maxBytes: 10 }] }
  const place = { kind: 'destination-down', tenant: 'kranj', subject: 'main' } as const
  const alarm = { id: 7, ...place, severity: 'critical', message: 'takes nothing' } as const
  const since = Date.parse('2026-01-15T10:00:00Z')
  http = await TestHttp.open({
    getLanes: async () => [createLane(), troubled],
    getJournalUsage: () => journal,
    getAlarms: () => [{ ...alarm, since }],
  })
  expect(await http.get('/api/v1/status')).toMatchObject({
    status: 200,
    body: {
      version: '1.2.3',
      startedAt: '2026-01-15T09:00:00.000Z',
      alarms: [{ ...alarm, since: '2026-01-15T10:00:00.000Z' }],
      lanes: [
        { tenant: 'kranj', destination: 'main', waiting: 10, requestsInFlight: 2 },
        { tenant: 'kranj', destination: 'other', waiting: 10, trouble: 'connect ECONNREFUSED' },
      ],
      journal,
    },
  })
})

test('the lanes tell how each destination is treated', async () => {
  const barred = createLane({
    ...{ destination: 'other', trouble: 'HTTP 401', alarm: 'DESTINATION_LOGIN' },
    ...{ breaker: 'open', retryInMs: 1_200, concurrency: 1, requestsInFlight: 0 },
  })
  http = await TestHttp.open({ getLanes: async () => [createLane(), barred] })
  const lane = {
    ...{ tenant: 'kranj', waiting: 10, refusals: {}, alarms: [], roundTripMs: 20 },
    ...{ attributesLate: 6, doubtfulTimes: 7, quarantine: { bytes: 900, maxBytes: 4_000 } },
  }
  expect((await http.get('/api/v1/lanes')).body).toEqual({
    lanes: [
      { ...lane, destination: 'main', breaker: 'closed', concurrency: 4, requestsInFlight: 2 },
      {
        ...{ ...lane, destination: 'other', trouble: 'HTTP 401', alarm: 'DESTINATION_LOGIN' },
        ...{ breaker: 'open', retryInMs: 1_200, concurrency: 1, requestsInFlight: 0 },
      },
    ],
  })
})

test('the balance has a row for each lane, whose terms add up, and counts what a tenant received once', async () => {
  const lanes = [createLane(), createLane({ destination: 'mirror' }), createLane({ tenant: 'bled' })]
  http = await TestHttp.open({ getLanes: async () => lanes })
  const row = {
    received: 100,
    delivered: 80,
    quarantined: 4,
    discarded: 3,
    expired: 2,
    skipped: 1,
    duplicates: 0,
    waiting: 10,
    holds: true,
  }
  const twice = { delivered: 160, quarantined: 8, discarded: 6, expired: 4, skipped: 2, waiting: 20 }
  const thrice = { delivered: 240, quarantined: 12, discarded: 9, expired: 6, skipped: 3, waiting: 30 }
  expect((await http.get('/api/v1/balance')).body).toEqual({
    holds: true,
    tenants: [
      { tenant: 'kranj', destination: 'main', ...row },
      { tenant: 'kranj', destination: 'mirror', ...row },
      { tenant: 'bled', destination: 'main', ...row },
    ],
    totals: [
      { tenant: 'kranj', lanes: 2, ...row, ...twice },
      { tenant: 'bled', lanes: 1, ...row },
    ],
    total: { lanes: 3, ...row, ...thrice, received: 200 },
  })
})

test('the balance says of the lane, its tenant and the whole when it does not hold', async () => {
  const broken = createLane({ balance: { ...createLane().balance, delivered: 79 } })
  http = await TestHttp.open({ getLanes: async () => [broken, createLane({ tenant: 'bled' })] })
  expect((await http.get('/api/v1/balance')).body).toMatchObject({
    holds: false,
    tenants: [
      { tenant: 'kranj', holds: false },
      { tenant: 'bled', holds: true },
    ],
    totals: [
      { tenant: 'kranj', holds: false },
      { tenant: 'bled', holds: true },
    ],
    total: { holds: false },
  })
})
