import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { oncePerTurn } from '../src/turn-clock.ts'

test('within one turn of the event loop the clock is asked once, and in the next one again', async () => {
  let time = 0
  const getTime = oncePerTurn(() => {
    time += 1
    return time
  })
  expect([getTime(), getTime(), getTime()]).toEqual([1, 1, 1])
  await turn()
  expect([getTime(), getTime()]).toEqual([2, 2])
})
