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

test('the status tells of every lane what waits, what is under way and what troubles it', async () => {
  const troubled = createLane({ destination: 'other', trouble: 'connect ECONNREFUSED' })
  http = await TestHttp.open({ getLanes: async () => [createLane(), troubled] })
  expect(await http.get('/api/v1/status')).toMatchObject({
    status: 200,
    body: {
      version: '1.2.3',
      startedAt: '2026-01-15T09:00:00.000Z',
      lanes: [
        { tenant: 'kranj', destination: 'main', waiting: 10, requestsInFlight: 2 },
        { tenant: 'kranj', destination: 'other', waiting: 10, trouble: 'connect ECONNREFUSED' },
      ],
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
    ...{ tenant: 'kranj', waiting: 10, refusals: {}, roundTripMs: 20 },
    ...{ attributesLate: 6, doubtfulTimes: 7 },
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

test('the balance has a row for each lane, whose terms add up', async () => {
  http = await TestHttp.open({ getLanes: async () => [createLane(), createLane({ tenant: 'bled' })] })
  const terms = {
    received: 100,
    delivered: 80,
    quarantined: 4,
    discarded: 3,
    expired: 2,
    skipped: 1,
    duplicates: 0,
    waiting: 10,
  }
  const { received, ...others } = terms
  expect(Object.values(others).reduce((sum, term) => sum + term)).toBe(received)
  expect((await http.get('/api/v1/balance')).body).toEqual({
    tenants: [
      { tenant: 'kranj', destination: 'main', ...terms },
      { tenant: 'bled', destination: 'main', ...terms },
    ],
  })
})
