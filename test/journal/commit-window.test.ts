import { expect, test } from '@jest/globals'
import { CommitWindow } from '../../src/journal/commit-window.ts'

/** The delay after a second in which so many messages came. */
function getDelayAfter(perSecond: number, waiting = 1): number {
  const window = new CommitWindow(0)
  for (let count = 0; count < perSecond; count++) window.count()
  return window.getDelayMs(waiting, 1_000)
}

test('a commit does not wait when messages are rare', () => {
  expect(getDelayAfter(0)).toBe(0)
  expect(getDelayAfter(199)).toBe(0)
})

test('a commit waits two to five milliseconds in between, the longer the more messages come', () => {
  expect(getDelayAfter(200)).toBeGreaterThanOrEqual(2)
  expect(getDelayAfter(2_500)).toBe(3.5)
  expect(getDelayAfter(5_000)).toBe(5)
  expect(getDelayAfter(50_000)).toBe(5)
})

test('a commit does not wait when many messages wait already', () => {
  expect(getDelayAfter(50_000, 256)).toBe(0)
  expect(getDelayAfter(50_000, 255)).toBe(5)
})

test('the window closes again when the traffic ends', () => {
  const window = new CommitWindow(0)
  for (let count = 0; count < 1_000; count++) window.count()
  expect(window.getDelayMs(1, 100)).toBe(5)
  window.count()
  expect(window.getDelayMs(1, 1_100)).toBe(0)
})
