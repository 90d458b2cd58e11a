import { expect, test } from '@jest/globals'
import { compilePath } from '../../src/profiles/path.ts'
import { listValuePaths } from '../../src/profiles/value-paths.ts'

test('lists the paths of all values as a profile would write them', () => {
  const values = { t: 1, 'em:0': { power: 2, error: null }, 'PM2.5': 3, list: [4], empty: {} }
  const paths = listValuePaths(values)
  expect(paths).toEqual(['t', 'em:0.power', 'PM2\\.5', 'list'])
  expect(paths.map(path => compilePath(path)(values))).toEqual([1, 2, 3, [4]])
})

test('ends after 500 of them', () => {
  const many = Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`v${index}`, index]))
  expect(listValuePaths(many)).toHaveLength(500)
})
