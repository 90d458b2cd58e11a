import { expect, test } from '@jest/globals'
import { Turns } from '../../../src/ingest/listeners/turns.ts'

const nextTurn = () => new Promise<void>(resolve => setImmediate(resolve))

test('four are begun in a turn of the loop, in the order in which they came', async () => {
  const turns = new Turns()
  const begun: number[] = []
  for (let number = 1; number <= 10; number += 1) turns.take(() => begun.push(number))
  const seen = [begun.length]
  for (let turn = 1; turn <= 3; turn += 1) {
    await nextTurn()
    seen.push(begun.length)
  }
  expect(seen).toEqual([4, 8, 10, 10])
  expect(begun).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
})

test('a later one is begun at once when there was a pause', async () => {
  const turns = new Turns()
  let begun = 0
  for (let number = 1; number <= 5; number += 1) turns.take(() => (begun += 1))
  for (let turn = 1; turn <= 3; turn += 1) await nextTurn()
  turns.take(() => (begun += 1))
  expect(begun).toBe(6)
})
