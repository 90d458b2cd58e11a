import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { createTurnClock } from '../src/turn-clock.ts'

test('within one turn of the event loop each clock is asked once, and in the next one again', async () => {
  let [now, time] = [0, 100]
  const { getNow, getTime } = createTurnClock(
    () => ++now,
    () => ++time,
  )
  expect([getNow(), getTime(), getNow(), getTime()]).toEqual([1, 101, 1, 101])
  await turn()
  expect([getTime(), getTime(), getNow(), getNow()]).toEqual([102, 102, 2, 2])
  await turn()
  expect([getTime(), getNow()]).toEqual([103, 3])
})
