import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import { Breaker } from '../../src/uplink/breaker.ts'

const BOUNDS = { initial: 100, max: 1_000, askedMax: 60_000, alarmMax: 10_000 }
const PASSING = { isAlarm: false }

let probes: number
let breaker: Breaker

beforeEach(() => {
  jest.useFakeTimers()
  probes = 0
  breaker = new Breaker(BOUNDS, () => {
    probes += 1
  })
})

afterEach(() => {
  breaker.close()
  jest.useRealTimers()
})

test('a closed one lets as many pass as the limit says', () => {
  expect([0, 3, 4, 5].map(inFlight => breaker.lets(inFlight, 4))).toEqual([true, true, false, false])
})

test('after a failure nothing passes until the pause has ended, then one does', () => {
  breaker.fail(PASSING)
  expect(breaker.state).toBe('open')
  expect(breaker.lets(0, 4)).toBe(false)
  jest.advanceTimersByTime(100)
  expect(breaker.state).toBe('half-open')
  expect(probes).toBe(1)
  expect([0, 1].map(inFlight => breaker.lets(inFlight, 4))).toEqual([true, false])
})

test('a probe that is taken closes it, and one that fails opens it for longer', () => {
  breaker.fail(PASSING)
  jest.advanceTimersByTime(100)
  breaker.fail(PASSING)
  jest.advanceTimersByTime(99)
  expect(breaker.state).toBe('open')
  jest.advanceTimersByTime(101)
  expect(breaker.succeed()).toBe(true)
  expect(breaker.state).toBe('closed')
})

test('what was sent before the pause neither ends nor lengthens it', () => {
  breaker.fail(PASSING)
  for (let count = 0; count < 7; count += 1) breaker.fail(PASSING)
  expect(breaker.succeed()).toBe(false)
  expect(breaker.state).toBe('open')
  jest.advanceTimersByTime(100)
  expect(breaker.state).toBe('half-open')
})

test.each([
  ['shorter than the pause', 1, 100],
  ['longer than any pause', 30_000, 30_000],
  ['of ten years', 315_360_000_000, 60_000],
])('a wait of the destination that is %s is obeyed within its bound', (_case, askedMs, openMs) => {
  breaker.fail({ askedMs, isAlarm: false })
  jest.advanceTimersByTime(askedMs < 100 ? 49 : openMs - 1)
  expect(breaker.state).toBe('open')
  jest.advanceTimersByTime(askedMs < 100 ? 51 : 1)
  expect(breaker.state).toBe('half-open')
})

test('a longer wait that another answer of the same moment asks for is obeyed', () => {
  breaker.fail(PASSING)
  breaker.fail({ askedMs: 5_000, isAlarm: false })
  breaker.fail({ askedMs: 2_000, isAlarm: false })
  jest.advanceTimersByTime(4_999)
  expect(breaker.state).toBe('open')
  jest.advanceTimersByTime(1)
  expect(breaker.state).toBe('half-open')
})

test('while somebody has to look it is tried ever more rarely', () => {
  const waits: number[] = []
  for (let count = 0; count < 12; count += 1) {
    breaker.fail({ isAlarm: true })
    waits.push(breaker.waitMs ?? 0)
    jest.advanceTimersByTime(breaker.waitMs ?? 0)
  }
  expect(waits[0]).toBeLessThanOrEqual(100)
  for (const wait of waits.slice(7)) {
    expect(wait).toBeGreaterThanOrEqual(5_000)
    expect(wait).toBeLessThanOrEqual(10_000)
  }
})

test('a change of what it is reached with ends the pause at once', () => {
  for (let count = 0; count < 12; count += 1) {
    breaker.fail({ isAlarm: true })
    jest.advanceTimersByTime(breaker.waitMs ?? 0)
  }
  breaker.fail({ isAlarm: true })
  const before = probes
  breaker.probe()
  expect(breaker.state).toBe('half-open')
  expect(probes).toBe(before + 1)
  jest.advanceTimersByTime(20_000)
  expect(probes).toBe(before + 1)
})

test('a change while all goes well changes nothing', () => {
  breaker.probe()
  expect(breaker.state).toBe('closed')
  expect(probes).toBe(0)
})

test('after it was closed for good there is no probe', () => {
  breaker.fail(PASSING)
  breaker.close()
  breaker.fail({ askedMs: 1_000, isAlarm: false })
  jest.advanceTimersByTime(100_000)
  expect(probes).toBe(0)
})

test('whatever happens, a pause ends, and while it is open nothing passes', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('fail' as const), askedMs: fc.nat(1e12), isAlarm: fc.boolean() }),
    fc.constant({ kind: 'succeed' as const }),
    fc.constant({ kind: 'probe' as const }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(20_000) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), steps => {
      const tried = new Breaker(BOUNDS, () => {})
      for (const now of steps) {
        if (now.kind === 'fail') tried.fail(now)
        if (now.kind === 'succeed') tried.succeed()
        if (now.kind === 'probe') tried.probe()
        if (now.kind === 'wait') jest.advanceTimersByTime(now.ms)
        expect(tried.lets(0, 8)).toBe(tried.state !== 'open')
        expect(tried.lets(1, 8)).toBe(tried.state === 'closed')
      }
      jest.advanceTimersByTime(60_000)
      expect(tried.state).not.toBe('open')
      tried.close()
    }),
  )
})
