import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Backoff } from '../../src/uplink/backoff.ts'

const BOUNDS = { initial: 100, max: 1_000 }

test('each failure doubles the pause, give or take the jitter, up to the bound', () => {
  const backoff = new Backoff(BOUNDS)
  for (const full of [100, 200, 400, 800, 1_000, 1_000]) {
    const pauseMs = backoff.fail()
    expect(pauseMs).toBeGreaterThanOrEqual(full / 2)
    expect(pauseMs).toBeLessThanOrEqual(full)
  }
})

test('a success starts the pauses anew', () => {
  const backoff = new Backoff(BOUNDS)
  for (let count = 0; count < 5; count++) backoff.fail()
  backoff.succeed()
  expect(backoff.fail()).toBeLessThanOrEqual(100)
})

test('a failure may have a bound of its own, and goes on doubling up to it', () => {
  const backoff = new Backoff(BOUNDS)
  for (const full of [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]) {
    const pauseMs = backoff.fail(5_000)
    expect(pauseMs).toBeGreaterThanOrEqual(full / 2)
    expect(pauseMs).toBeLessThanOrEqual(full)
  }
})

test('a pause is a finite number within the bound after any number of failures', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3_000 }), failures => {
      const backoff = new Backoff(BOUNDS)
      let pauseMs = 0
      for (let count = 0; count < failures; count++) pauseMs = backoff.fail()
      expect(pauseMs).toBeGreaterThan(0)
      expect(pauseMs).toBeLessThanOrEqual(1_000)
    }),
    { numRuns: 20 },
  )
})
