import { describe, expect, test } from '@jest/globals'
import { evaluate } from './expression-values.ts'

const CHARS_MAX = 65_536
const POSER = { toString: 1, valueOf: 2 }

describe('a value of an expression', () => {
  test.each([
    ['text', 'x'.repeat(CHARS_MAX)],
    ['a text in a list', ['x'.repeat(CHARS_MAX - 2)]],
    ['a long key', { ['k'.repeat(CHARS_MAX - 2)]: 1 }],
    ['nothing in an object', { a: null }],
    ['32 levels', JSON.parse(`${'['.repeat(32)}${']'.repeat(32)}`)],
  ])('may be as large as an attribute: %s', (_title, v) => {
    expect(evaluate('v', { v })).toEqual(v)
  })

  test.each([
    ['text', 'x'.repeat(CHARS_MAX + 1)],
    ['a text in a list', ['x'.repeat(CHARS_MAX - 1)]],
    ['a long key', { ['k'.repeat(CHARS_MAX - 1)]: 1 }],
    ['many numbers', Array.from({ length: 20_000 }, () => 0)],
    ['33 levels', JSON.parse(`${'['.repeat(33)}${']'.repeat(33)}`)],
  ])('may not be larger: %s', (_title, v) => {
    expect(evaluate('v', { v })).toBe('misfit')
  })
})

describe('a list that an expression makes', () => {
  const list = Array.from({ length: 4096 }, (_, item) => item)

  test.each([
    ['list|concatarr([])|lengtharray', 4096],
    ['list|concatarr(1)|lengtharray', 'misfit'],
    ['list|addset(1)|lengtharray', 4096],
    ['list|addset(-1)|lengtharray', 'misfit'],
    ['text|split("")|lengtharray', 4096],
    ['(text + "x")|split("")|lengtharray', 'misfit'],
  ])('has at most 4096 items: %s is %j', (expression, expected) => {
    expect(evaluate(expression, { list, text: 'x'.repeat(4096) })).toBe(expected)
  })
})

describe('text that an expression makes', () => {
  const half = 'x'.repeat(CHARS_MAX / 2)

  test.each([
    ['(half + half)|length', CHARS_MAX],
    ['(half + half + "x")|length', 'misfit'],
    ['[half, half]|joinarrtostr("")|length', CHARS_MAX],
    ['[half, half]|joinarrtostr("-")|length', 'misfit'],
    ['[half, half, half]|tostring|length', 'misfit'],
    ['[half, half, half]|parseint', 'misfit'],
    ['[half, half, half]|urldecode', 'misfit'],
    ['half|replacestr("x", half)|length', CHARS_MAX - 1],
    ['(half + "y")|replacestr("y", half + "z")|length', 'misfit'],
  ])('has at most 65536 characters: %s is %j', (expression, expected) => {
    expect(evaluate(expression, { half })).toBe(expected)
  })

  test.each([
    ['poser|tostring', '[object Object]'],
    ['[poser, 1]|tostring', '[object Object],1'],
    ['[null, nothing, 2]|tostring', ',,2'],
    ['poser|length', 15],
    ['null|trim', 'null'],
    ['nothing|length', 9],
    ['true|touppercase', 'TRUE'],
  ])('never asks an object for it: %s is %j', (expression, expected) => {
    expect(evaluate(expression, { poser: POSER })).toBe(expected)
  })
})

describe('a pattern', () => {
  test.each([
    ['8192 characters', 8192, 8192],
    ['8193 characters', 8193, 'misfit'],
  ])('is looked for in %s', (_title, length, expected) => {
    expect(evaluate('text|replaceallregexp("x", "y")|length', { text: 'x'.repeat(length) })).toBe(expected)
  })
})
