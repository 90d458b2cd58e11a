import { describe, expect, test } from '@jest/globals'
import { evaluate } from './expression-values.ts'

const VALUES = {
  /** Names that JavaScript would ask for the value of an object. */
  poser: { toString: 1, valueOf: 2, length: 3 },
  l: [3, 1, 2],
  long: 'a'.repeat(40_000),
  longs: ['a'.repeat(40_000), 'a'.repeat(40_000)],
}

describe('adding', () => {
  test.each([
    ['1 + 2', 3],
    ['"1" + 2', '12'],
    ['1 + "2"', '12'],
    ['[1] + [2]', '12'],
    ['[1, [2, 3]] + ""', '1,2,3'],
    ['[null, 1] + ""', ',1'],
    ['[nothing, 1] + ""', ',1'],
    ['[poser] + ""', '[object Object]'],
    ['poser + 1', '[object Object]1'],
    ['null + 1', 1],
    ['null + "x"', 'nullx'],
    ['nothing + "x"', 'undefinedx'],
    ['true + "x"', 'truex'],
    ['(long + "b")|length', 40_001],
    ['(long + long)|length', 'misfit'],
    ['(1 + longs)|length', 'misfit'],
    ['(longs + 1)|length', 'misfit'],
  ])('%s is %j, as JavaScript has it, of a length that is bounded', (expression, expected) => {
    expect(evaluate(expression, VALUES)).toBe(expected)
  })
})

describe('equality', () => {
  test.each([
    ['1 == 1', true],
    ['1 == 2', false],
    ['1 == "1"', true],
    ['1 == "2"', false],
    ['"a" == "b"', false],
    ['"a" == 0', false],
    ['"" == 0', true],
    ['false == 0', true],
    ['false == "x"', false],
    ['[1] == "1"', true],
    ['[1] == "2"', false],
    ['["a"] == "a"', true],
    ['["a"] == "b"', false],
    ['[1] == [1]', false],
    ['l == l', true],
    ['poser == 1', false],
    ['poser == "[object Object]"', true],
    ['null == 0', false],
    ['0 == nothing', false],
    ['nothing == null', true],
    ['1 != 1', false],
    ['1 != 2', true],
    ['null != nothing', false],
    ['"1" != 1', false],
  ])('%s is %j, loosely as JavaScript has it', (expression, expected) => {
    expect(evaluate(expression, VALUES)).toBe(expected)
  })
})

describe('an order', () => {
  test.each([
    ['1 < 2', true],
    ['2 < 2', false],
    ['3 < 2', false],
    ['2 <= 2', true],
    ['3 <= 2', false],
    ['2 > 2', false],
    ['3 > 2', true],
    ['2 >= 2', true],
    ['2 >= 3', false],
    ['"a" < "b"', true],
    ['"a" < "a"', false],
    ['"b" < "a"', false],
    ['"a" <= "a"', true],
    ['"a" <= "b"', true],
    ['"b" <= "a"', false],
    ['"a" > "a"', false],
    ['"a" >= "a"', true],
    ['"a" >= "b"', false],
    ['"10" < "9"', true],
    ['10 < "9"', false],
    ['"10" < 9', false],
    ['9 < "10"', true],
    ['"9" < 10', true],
    ['"a" < 1', false],
    ['"a" >= 1', false],
    ['1 >= "a"', false],
    ['["a"] < ["b"]', true],
    ['["b"] < "a"', false],
    ['null < 1', true],
    ['nothing < 1', false],
    ['nothing >= 1', false],
  ])('%s is %j: texts by their characters, all else as numbers', (expression, expected) => {
    expect(evaluate(expression, VALUES)).toBe(expected)
  })
})

describe('being in', () => {
  test.each([
    ['"bc" in "abc"', true],
    ['"cb" in "abc"', false],
    ['1 in "a1"', true],
    ['1 in [2, 1]', true],
    ['"1" in [1]', false],
    ['[1] in [[1]]', false],
    ['"length" in poser', false],
    ['1 in 1', false],
  ])('%s is %j: a part of a text or an item of a list', (expression, expected) => {
    expect(evaluate(expression, VALUES)).toBe(expected)
  })
})

test.each([
  ['7 // 2', 3],
  ['-7 // 2', -4],
  ['"6" * "2"', 12],
  ['"6" / [3]', 2],
  ['7 - "2"', 5],
  ['-7 % 4', -3],
  ['2 ^ 10', 1024],
  ['poser * 2', undefined],
  ['-"3"', -3],
  ['-[3]', -3],
  ['!null', true],
  ['!"a"', false],
])('%s is %j', (expression, expected) => {
  expect(evaluate(expression, VALUES)).toBe(expected)
})
