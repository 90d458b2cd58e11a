import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { Gate, type Trouble } from '../../src/uplink/gate.ts'
import type { Postponed } from '../../src/uplink/verdict.ts'

const DOWN: Postponed = { kind: 'later', detail: 'connect ECONNREFUSED' }
const BUSY: Postponed = { kind: 'later', detail: 'HTTP 429', afterMs: 20_000 }
const BARRED: Postponed = { kind: 'barred', code: 'DESTINATION_LOGIN', detail: 'HTTP 401' }

let gate: Gate
let troubles: (Trouble | undefined)[]
let opened: number

beforeEach(() => {
  jest.useFakeTimers()
  troubles = []
  opened = 0
  const retry = { initial: 100, max: 1_000, retryAfterMax: 60_000, alarmMax: 10_000 }
  gate = new Gate(
    { concurrency: { min: 1, max: 8 }, retry, onTrouble: trouble => troubles.push(trouble) },
    () => {
      opened += 1
    },
  )
})

afterEach(() => {
  gate.close()
  jest.useRealTimers()
})

function succeed(times = 1): void {
  for (let count = 0; count < times; count += 1) {
    const startedAt = performance.now()
    jest.advanceTimersByTime(40)
    gate.succeed({ startedAt, endedAt: performance.now(), entities: 100, wasFull: true })
  }
}

test('a destination that takes everything is in no trouble', () => {
  expect(gate.status).toEqual({ breaker: 'closed', concurrency: 1 })
  succeed(7)
  expect(gate.status).toEqual({ breaker: 'closed', concurrency: 8, roundTripMs: 40 })
  expect(gate.isFull(7)).toBe(false)
  expect(gate.isFull(8)).toBe(true)
  expect(troubles).toEqual([])
})

test('T84: a destination that is busy is left alone for as long as it asks, then gets one request, then half as many as before', () => {
  succeed(7)
  gate.fail(BUSY, performance.now())
  expect(gate.status).toMatchObject({
    trouble: 'HTTP 429',
    breaker: 'open',
    retryInMs: 20_000,
    concurrency: 4,
  })
  expect(gate.lets(0)).toBe(false)
  jest.advanceTimersByTime(20_000)
  expect(opened).toBe(1)
  expect([gate.lets(0), gate.lets(1)]).toEqual([true, false])
  succeed()
  expect([gate.lets(3), gate.lets(5)]).toEqual([true, false])
})

test('a login that is refused is an alarm, and says nothing about how many requests may be', () => {
  succeed(7)
  gate.fail(BARRED, performance.now())
  expect(gate.status).toMatchObject({
    trouble: 'HTTP 401',
    alarm: 'DESTINATION_LOGIN',
    breaker: 'open',
    concurrency: 8,
  })
  expect(troubles).toEqual([{ detail: 'HTTP 401', alarm: 'DESTINATION_LOGIN' }])
})

test('the end of a trouble is told once, and with it the alarm ends', () => {
  gate.fail(BARRED, performance.now())
  jest.advanceTimersByTime(100)
  succeed(3)
  expect(troubles).toEqual([{ detail: 'HTTP 401', alarm: 'DESTINATION_LOGIN' }, undefined])
  expect(gate.status.alarm).toBeUndefined()
  expect(gate.status.trouble).toBeUndefined()
})

test('T78: the same trouble is told once, and another one too', () => {
  for (let count = 0; count < 5; count += 1) {
    gate.fail(DOWN, performance.now())
    jest.advanceTimersByTime(1_000)
  }
  gate.fail(BARRED, performance.now())
  expect(troubles.map(trouble => trouble?.detail)).toEqual(['connect ECONNREFUSED', 'HTTP 401'])
})

test('an answer to what was sent before a trouble does not end it', () => {
  const startedAt = performance.now()
  gate.fail(DOWN, startedAt)
  gate.succeed({ startedAt, endedAt: performance.now(), entities: 1, wasFull: true })
  expect(gate.status.trouble).toBe('connect ECONNREFUSED')
  expect(gate.lets(0)).toBe(false)
  expect(troubles).toHaveLength(1)
})

test('a change of what the destination is reached with is tried at once', () => {
  gate.fail({ ...BUSY, afterMs: 60_000 }, performance.now())
  gate.probe()
  expect(opened).toBe(1)
  expect(gate.lets(0)).toBe(true)
})
