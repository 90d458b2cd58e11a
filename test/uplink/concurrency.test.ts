import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { AdaptiveConcurrency } from '../../src/uplink/concurrency.ts'

const BOUNDS = { min: 1, max: 8 }

/** A destination and its uplink in simulated time: as many requests at once as allowed, each as long as `getMs` says. */
class Simulation {
  readonly concurrency: AdaptiveConcurrency
  readonly #getMs: (inFlight: number) => number
  #now = 0

  constructor(getMs: (inFlight: number) => number, bounds = BOUNDS) {
    this.concurrency = new AdaptiveConcurrency(bounds)
    this.#getMs = getMs
  }

  /** Rounds of requests that all start and end together; gives the limit after each. */
  run(rounds: number, entities = 100): readonly number[] {
    return Array.from({ length: rounds }, () => {
      const { limit } = this.concurrency
      const startedAt = this.#now
      this.#now += this.#getMs(limit)
      for (let count = 0; count < limit; count += 1)
        this.concurrency.succeed({ startedAt, endedAt: this.#now, entities, wasFull: true })
      return this.concurrency.limit
    })
  }

  fail(times = 1): void {
    const startedAt = this.#now
    this.#now += 10
    for (let count = 0; count < times; count += 1) this.concurrency.fail(startedAt, this.#now)
  }
}

test('a destination whose round trips stay flat soon gets as many requests as it may', () => {
  const simulation = new Simulation(() => 50)
  expect(simulation.concurrency.limit).toBe(1)
  expect(simulation.run(4)).toEqual([2, 4, 8, 8])
  expect(simulation.concurrency.roundTripMs).toBe(50)
})

test('a refusal halves the requests at once, and those of one burst count as one', () => {
  const simulation = new Simulation(() => 50)
  simulation.run(4)
  simulation.fail(8)
  expect(simulation.concurrency.limit).toBe(4)
  simulation.fail()
  expect(simulation.concurrency.limit).toBe(2)
})

test('after a refusal there is one request more for each round trip that is flat', () => {
  const simulation = new Simulation(() => 50)
  simulation.run(4)
  simulation.fail()
  expect(simulation.run(5)).toEqual([5, 6, 7, 8, 8])
})

test('a destination that becomes ten times slower gets one request at a time, and more when it is back', () => {
  let ms = 50
  const simulation = new Simulation(() => ms)
  simulation.run(4)
  ms = 500
  expect(simulation.run(4)).toEqual([4, 2, 1, 1])
  ms = 50
  expect(simulation.run(7)).toEqual([2, 3, 4, 5, 6, 7, 8])
})

test('a destination that stays slower for good gets more requests again in the end', () => {
  let ms = 50
  const simulation = new Simulation(() => ms)
  simulation.run(4)
  ms = 500
  simulation.run(10)
  expect(simulation.run(200).at(-1)).toBe(8)
})

test('a destination that works on three requests at once is not asked for eight', () => {
  const simulation = new Simulation(inFlight => 50 * Math.max(1, inFlight / 3))
  expect(simulation.run(5)).toEqual([2, 4, 8, 4, 5])
  expect(new Set(simulation.run(60))).toEqual(new Set([5]))
})

test('a large batch that takes longer than a small one is no sign of a slow destination', () => {
  const simulation = new Simulation(() => 5)
  simulation.run(20, 1)
  const { concurrency } = simulation
  for (let count = 0; count < 20; count += 1)
    concurrency.succeed({ startedAt: 1_000, endedAt: 1_200, entities: 100, wasFull: true })
  expect(concurrency.limit).toBe(8)
})

test('where fewer requests are made than may be, the limit stays what it is', () => {
  const concurrency = new AdaptiveConcurrency({ min: 2, max: 8 })
  for (let count = 0; count < 50; count += 1)
    concurrency.succeed({ startedAt: count * 100, endedAt: count * 100 + 50, entities: 1, wasFull: false })
  expect(concurrency.limit).toBe(2)
})

test('an answer to what was sent before a change does not count against it', () => {
  const concurrency = new AdaptiveConcurrency({ min: 1, max: 8 })
  for (let count = 0; count < 7; count += 1)
    concurrency.succeed({ startedAt: 0, endedAt: 10, entities: 1, wasFull: true })
  concurrency.fail(20, 30)
  for (let count = 0; count < 20; count += 1)
    concurrency.succeed({ startedAt: 25, endedAt: 9_000, entities: 1, wasFull: true })
  expect(concurrency.limit).toBe(4)
})

test('whatever happens, the limit is a whole number within its bounds', () => {
  const event = fc.record({
    isFailure: fc.boolean(),
    ms: fc.double({ min: 0, max: 60_000, noNaN: true }),
    entities: fc.integer({ min: 0, max: 1_000 }),
    wasFull: fc.boolean(),
  })
  const bounds = fc
    .tuple(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 64 }))
    .map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }))
  fc.assert(
    fc.property(bounds, fc.array(event, { maxLength: 200 }), ({ min, max }, events) => {
      const concurrency = new AdaptiveConcurrency({ min, max })
      let now = 0
      for (const { isFailure, ms, entities, wasFull } of events) {
        const startedAt = now
        now += ms
        if (isFailure) concurrency.fail(startedAt, now)
        else concurrency.succeed({ startedAt, endedAt: now, entities, wasFull })
        expect(Number.isInteger(concurrency.limit)).toBe(true)
        expect(concurrency.limit).toBeGreaterThanOrEqual(min)
        expect(concurrency.limit).toBeLessThanOrEqual(max)
      }
    }),
  )
})

test('a failure never raises the limit, and an answer never raises it by more than one', () => {
  const event = fc.record({ isFailure: fc.boolean(), ms: fc.integer({ min: 1, max: 5_000 }) })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), events => {
      const concurrency = new AdaptiveConcurrency(BOUNDS)
      let now = 0
      for (const { isFailure, ms } of events) {
        const before = concurrency.limit
        const startedAt = now
        now += ms
        if (isFailure) concurrency.fail(startedAt, now)
        else concurrency.succeed({ startedAt, endedAt: now, entities: 100, wasFull: true })
        expect(concurrency.limit).toBeLessThanOrEqual(isFailure ? before : before + 1)
        expect(concurrency.limit).toBeGreaterThanOrEqual(Math.floor(before / 2))
      }
    }),
  )
})

test('from any past, a destination that is flat from now on gets all requests that it may', () => {
  const event = fc.record({ isFailure: fc.boolean(), ms: fc.integer({ min: 1, max: 5_000 }) })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 100 }), fc.integer({ min: 1, max: 1_000 }), (events, ms) => {
      const concurrency = new AdaptiveConcurrency(BOUNDS)
      let now = 0
      for (const past of events) {
        const startedAt = now
        now += past.ms
        if (past.isFailure) concurrency.fail(startedAt, now)
        else concurrency.succeed({ startedAt, endedAt: now, entities: 100, wasFull: true })
      }
      for (let count = 0; count < 20_000; count += 1) {
        const startedAt = now
        now += ms
        concurrency.succeed({ startedAt, endedAt: now, entities: 100, wasFull: true })
      }
      expect(concurrency.limit).toBe(8)
    }),
    { numRuns: 20 },
  )
})
