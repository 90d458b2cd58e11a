import { expect, test } from '@jest/globals'
import { LaneRates } from '../../src/admin/lane-rates.ts'
import type { LaneReport } from '../../src/draining/protocol.ts'

/** Of a lane, what rates are made of. */
function lane(received: number, delivered: number, destination = 'main'): LaneReport {
  return { tenant: 'kranj', destination, balance: { received, delivered } } as LaneReport
}

test('a lane has no rate before it was looked at', () => {
  expect(new LaneRates().get(lane(5, 5), 1_000)).toBe(undefined)
})

test('what came since the first look counts for a minute', () => {
  const rates = new LaneRates()
  rates.look([lane(100, 90)], 0)
  expect(rates.get(lane(110, 95), 30_000)).toEqual({ receivedPerMinute: 20, deliveredPerMinute: 10 })
})

test('what is older than a minute counts no more', () => {
  const rates = new LaneRates()
  for (let second = 0; second <= 120; second += 10)
    rates.look([lane(second < 60 ? 0 : 600, 0)], second * 1_000)
  expect(rates.get(lane(600, 0), 125_000)).toEqual({ receivedPerMinute: 0, deliveredPerMinute: 0 })
})

test('each lane has its own, and one that is gone has none', () => {
  const rates = new LaneRates()
  rates.look([lane(0, 0), lane(0, 0, 'other')], 0)
  rates.look([lane(60, 60)], 60_000)
  expect(rates.get(lane(60, 60), 60_000)).toEqual({ receivedPerMinute: 60, deliveredPerMinute: 60 })
  expect(rates.get(lane(60, 60, 'other'), 60_000)).toBe(undefined)
})

test('a lane that was set back has no rate until the next look', () => {
  const rates = new LaneRates()
  rates.look([lane(100, 90)], 0)
  expect(rates.get(lane(100, 10), 10_000)).toBe(undefined)
})
