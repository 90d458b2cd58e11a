import { beforeEach, expect, test } from '@jest/globals'
import { BalanceWatch } from '../../src/admin/balance.ts'
import { createLane } from './test-http.ts'

const BROKEN = createLane({ balance: { ...createLane().balance, delivered: 79 } })
const DETAIL =
  'kranj/main: expected 100 received to be accounted for, got 99 in {"received":100,"waiting":10,"delivered":79,' +
  '"quarantined":4,"discarded":3,"expired":2,"skipped":1,"duplicates":0}'
const NINE = new Date('2026-01-15T09:00:00Z')
const TEN = new Date('2026-01-15T10:00:00Z')

let told: (readonly [string, object])[]
let watch: BalanceWatch

beforeEach(() => {
  told = []
  watch = new BalanceWatch({
    error: fields => told.push(['error', fields]),
    info: fields => told.push(['info', fields]),
  })
})

test('a balance that holds is not told', () => {
  watch.look([createLane()])
  expect(told).toEqual([])
  expect(watch.alarms).toEqual([])
})

test('a message that is nowhere is told once, with all numbers, and stands as an alarm', () => {
  watch.look([BROKEN, createLane({ tenant: 'bled' })], NINE)
  watch.look([BROKEN], TEN)
  expect(told).toEqual([
    ['error', { code: 'BALANCE_BROKEN', detail: DETAIL, msg: 'the balance does not hold' }],
  ])
  expect(watch.alarms).toEqual([
    { code: 'BALANCE_BROKEN', tenant: 'kranj', destination: 'main', detail: DETAIL, since: NINE },
  ])
})

test('a message that is in two numbers is told as well', () => {
  watch.look([createLane({ balance: { ...createLane().balance, delivered: 81 } })])
  expect(told).toHaveLength(1)
})

test('the alarm ends when the balance holds again', () => {
  watch.look([BROKEN], NINE)
  watch.look([createLane()], TEN)
  expect(watch.alarms).toEqual([])
  expect(told[1]).toEqual([
    'info',
    { tenant: 'kranj', destination: 'main', msg: 'the balance of a lane holds again' },
  ])
})
