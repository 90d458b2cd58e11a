import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { parseRetryAfter } from '../../src/uplink/retry-after.ts'

beforeEach(() => {
  jest.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') })
})

afterEach(() => {
  jest.useRealTimers()
})

test.each([
  ['seconds', '30', 30_000],
  ['a date', 'Sun, 01 Mar 2026 12:00:45 GMT', 45_000],
  ['ten years, which whoever waits bounds', '315360000', 315_360_000_000],
  ['no seconds at all', '0', undefined],
  ['a date that has passed', 'Sun, 01 Mar 2026 11:59:00 GMT', undefined],
  ['less than nothing', '-5', undefined],
  ['a word', 'soon', undefined],
  ['more digits than a number has', '9'.repeat(400), undefined],
  ['nothing', undefined, undefined],
  ['two headers', ['1', '2'], undefined],
])('T83: %s', (_title, value, expected) => {
  expect(parseRetryAfter(value)).toBe(expected)
})
