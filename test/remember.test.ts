import { expect, test } from '@jest/globals'
import { remember, rememberLatest } from '../src/remember.ts'

test('what can be found out again is forgotten all at once when there is too much of it', () => {
  const known = new Map<string, number>()
  for (const [at, key] of ['a', 'b', 'c'].entries()) expect(remember(known, key, at, 2)).toBe(at)
  expect([...known]).toEqual([['c', 2]])
})

test('of what cannot, the one that was remembered longest ago makes room', () => {
  const known = new Map<string, number>()
  for (const [at, key] of ['a', 'b', 'a', 'c'].entries()) expect(rememberLatest(known, key, at, 2)).toBe(at)
  expect([...known]).toEqual([
    ['a', 2],
    ['c', 3],
  ])
})
