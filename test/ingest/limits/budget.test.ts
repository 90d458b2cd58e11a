import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Budget } from '../../../src/ingest/limits/budget.ts'

const ANY = { perSecond: 0, burst: 0 }

describe('a budget', () => {
  test('lets its burst through, then one message in each of its periods', () => {
    const budget = new Budget({ perSecond: 10, burst: 3 }, ANY, 1)
    expect([1, 2, 3, 4, 5].map(() => budget.take(0, 0))).toEqual([0, 0, 0, 100, 200])
    expect(budget.take(0, 300)).toBe(0)
  })

  test('of bytes is met by the payloads, and the worse of both counts', () => {
    const budget = new Budget({ perSecond: 10, burst: 100 }, { perSecond: 1_000, burst: 500 }, 1)
    expect([budget.take(500, 0), budget.take(100, 0)]).toEqual([0, 100])
  })

  test('of 0 a second is met by nothing', () => {
    const budget = new Budget(ANY, ANY, 1)
    for (let count = 0; count < 1_000; count += 1) expect(budget.take(1_000_000, 0)).toBeLessThanOrEqual(0)
    expect([budget.overSince, budget.isFull(0)]).toEqual([undefined, true])
  })

  test('tells since when too much has come, until half of its burst is there again', () => {
    const budget = new Budget({ perSecond: 10, burst: 4 }, ANY, 1)
    for (let count = 0; count < 5; count += 1) budget.take(0, 1_000)
    expect(budget.overSince).toBe(1_000)
    budget.take(0, 1_200)
    expect(budget.overSince).toBe(1_000)
    budget.take(0, 1_600)
    expect(budget.overSince).toBeUndefined()
  })

  test('is full again when nothing of it is due', () => {
    const budget = new Budget({ perSecond: 10, burst: 4 }, ANY, 1)
    budget.take(0, 0)
    expect([budget.isFull(99), budget.isFull(100)]).toEqual([false, true])
  })

  test('grows with each device that a gateway speaks for, once for each, and only so far', () => {
    const waitMs = (devices: readonly string[]) => {
      const budget = new Budget({ perSecond: 1, burst: 0 }, ANY, 2)
      for (const device of devices) budget.addDevice(device)
      return budget.take(0, 0)
    }
    expect([[], ['a'], ['a', 'a'], ['a', 'b'], ['a', 'b', 'c', 'd']].map(waitMs)).toEqual([
      ...[1_000, 1_000, 1_000, 500, 500],
    ])
  })

  test('never lets more through than its burst and what time has given since', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(
        pauses,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 20 }),
        (waits, rate, burst) => {
          const budget = new Budget({ perSecond: rate, burst }, ANY, 1)
          let now = 0
          let taken = 0
          for (const wait of waits) {
            now += wait
            // As a connection that is held: it is read on when its time is over.
            now += Math.max(0, budget.take(0, now))
            taken += 1
            expect(taken).toBeLessThanOrEqual(burst + (now * rate) / 1_000 + 0.001)
          }
        },
      ),
    )
  })
})
