import { describe, expect, test } from '@jest/globals'
import { compilePath, isPath } from '../../src/profiles/path.ts'

describe('a path', () => {
  test.each([
    ['a', { a: 1 }, 1],
    ['a.b.c', { a: { b: { c: 2 } } }, 2],
    ['em:0.a_voltage', { 'em:0': { a_voltage: 236.2 } }, 236.2],
    ['list.1', { list: [3, 4] }, 4],
    ['PM2\\.5', { 'PM2.5': 5 }, 5],
    ['a.b', { a: 1 }, undefined],
    ['a.b', { a: 'text' }, undefined],
    ['a', { a: null }, undefined],
    ['a', { a: false }, false],
  ])('%s of %j', (path, root, value) => {
    expect(compilePath(path)(root)).toBe(value)
  })

  test.each(['constructor', '__proto__', 'toString', 'a.constructor.name', 'a.length'])(
    '%s never reaches what a value inherits',
    path => {
      expect(compilePath(path)({ a: 'text' })).toBeUndefined()
    },
  )

  test.each(['', '.', 'a.', '.a', 'a..b', 'a\\', 'x'.repeat(257)])('%j is none', path => {
    expect(isPath(path)).toBe(false)
  })
})
