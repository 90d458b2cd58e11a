import { describe, expect, test } from '@jest/globals'
import { compileNews } from '../../src/map/expression-news.ts'
import { createScope } from './map-values.ts'

function isNews(expression: string, values: Readonly<Record<string, unknown>>): boolean {
  return compileNews(expression)(createScope(values))
}

describe('what an expression gives', () => {
  test.each([
    ['a', { a: 1 }],
    ['a', { a: 0 }],
    ['a + b', { a: 1 }],
    ['a + b', { b: 1 }],
    ['1 + a * 2', { a: 1 }],
    ['-a', { a: 1 }],
    ['!a', { a: false }],
    ['a.b.c', { a: {} }],
    ['a["b"]', { a: {} }],
    ['floor[a]', { a: 'x' }],
    ['a ? 1 : 2', { a: false }],
    ['floor ? a : 2', { a: 1 }],
    ['floor ? 1 : a', { a: 1 }],
    ['floor ?: a', { a: 1 }],
    ['a ?: 1', { a: 1 }],
    ['[1, a]', { a: 1 }],
    ['{k: 1, m: a}', { a: 1 }],
    ['a|round', { a: 1 }],
    ['"x"|indexOf(a)', { a: 'x' }],
    ['floor|substr(0, a)', { a: 1 }],
    ['reading.values["a"]', { other: 1 }],
    ['reading.values|jsonstringify', { other: 1 }],
  ])('by %s is news of a reading of %j', (expression, values) => {
    expect(isNews(expression, values)).toBe(true)
  })

  test.each([
    ['a', {}],
    ['a', { a: null }],
    ['a', { b: 1 }],
    ['a + floor', { b: 1 }],
    ['1 + 2', { a: 1 }],
    ['"a"', { a: 1 }],
    ['{a: 1}', { a: 1 }],
    ['floor.a', { a: 1 }],
    ['floor ?: 1', { undefined: 1, yes: 1 }],
    ['constructor', {}],
    ['device.id', { id: 1, device: 1 }],
    ['tenant', { tenant: 1 }],
    ['reading.observedAt', { observedAt: 1, reading: 1, values: 1 }],
    ['device.values', { a: 1, values: 1 }],
    ['floor.values', { a: 1, values: 1 }],
    ['values', { a: 1 }],
  ])('by %s is none of a reading of %j', (expression, values) => {
    expect(isNews(expression, values)).toBe(false)
  })
})
