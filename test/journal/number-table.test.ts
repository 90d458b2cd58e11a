import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { NumberTable } from '../../src/journal/number-table.ts'

const key = fc.integer({ min: 1, max: 40 }).map(small => small * 2 ** 40 + (small % 3))

test('a table that is not full knows what a map knows', () => {
  const steps = fc.array(fc.tuple(key, fc.integer()))
  fc.assert(
    fc.property(steps, list => {
      const table = new NumberTable(1_000)
      const model = new Map<number, number>()
      for (const [at, value] of list) {
        expect(table.set(at, value)).toBe(model.get(at) ?? Number.NaN)
        model.set(at, value)
        expect(table.get(at)).toBe(value)
      }
      const pairs = [...table.toPairs()]
      const found = pairs.flatMap((at, index) => (index % 2 === 0 ? [[at, pairs[index + 1]] as const] : []))
      expect(found).toHaveLength(model.size)
      expect(new Map(found)).toEqual(model)
    }),
  )
})

test('a full table forgets what was set least lately, and holds half its bound at least', () => {
  const table = new NumberTable(1_000)
  for (let value = 1; value <= 10_000; value++) table.set(value, value)
  for (let value = 9_501; value <= 10_000; value++) expect(table.get(value)).toBe(value)
  expect(table.get(8_999)).toBe(Number.NaN)
  expect(table.size).toBeLessThanOrEqual(1_000)
})

test('what is set again is kept over what is not', () => {
  const table = new NumberTable(1_000)
  for (let value = 2; value <= 10_000; value++) {
    table.set(1, value)
    table.set(value, value)
  }
  expect(table.get(1)).toBe(10_000)
})

test('a key whose number is taken back is not listed', () => {
  const table = new NumberTable(10)
  table.set(5, 1)
  table.set(5, Number.NaN)
  expect([table.get(5), [...table.toPairs()]]).toEqual([Number.NaN, []])
})

test('a table that was cleared knows nothing', () => {
  const table = new NumberTable(10)
  for (let value = 1; value <= 8; value++) table.set(value, value)
  table.clear()
  expect([table.get(8), table.get(1), table.size]).toEqual([Number.NaN, Number.NaN, 0])
})
