import { describe, expect, test } from '@jest/globals'
import { findExpressionFault } from '../../src/profiles/expression.ts'
import { evaluate } from './expression-values.ts'
import { OBSERVED_AT } from './map-values.ts'

const VALUES = {
  a: 1,
  b: 2.5,
  s: 'abc',
  n: '12',
  m: 'abcdefghijk',
  l: [4, 'x', { k: 7 }],
  o: { k: 'v', d: { e: [5, 6] } },
  t: true,
  nil: null,
}

describe('an expression', () => {
  test.each([
    // Precedence and grouping, as in JEXL.
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['7 // 2', 3],
    ['7 - 2 - 1', 4],
    ['2 * 7 % 4', 6],
    ['2 ^ 3 ^ 2', 64],
    ['-2 ^ 2', 4],
    ['-b', -2.5],
    ['-(a + b)', -3.5],
    ['--a', 1],
    ['.5 + 0.25', 0.75],
    ['true || t && false', false],
    ['a == 1 && b > 2', true],
    ['a || b', 1],
    ['nothing || "none"', 'none'],
    ['!a', false],
    ['!a == false', true],
    ['a ? "yes" : "no"', 'yes'],
    ['nothing ? 1 : a ? 2 : 3', 2],
    ['b ?: 9', 2.5],
    ['nothing ?: 9', 9],
    ['a + b|floor', 3],
    ['(a + b)|floor', 3],
    ['-2.5|floor', -3],
    ['a > 2 || s|length == 3', true],
    // Comparing, loosely as JavaScript does.
    ['n == 12', true],
    ['n != "12"', false],
    ['nil == null', true],
    ['nothing == null', true],
    ['0 == null', false],
    ['t == 1', true],
    ['[1] == 1', true],
    ['"b" > "a"', true],
    ['"10" < "9"', true],
    ['"10" < 9', false],
    ['2 <= 2', true],
    ['3 >= 4', false],
    ['"b" in s', true],
    ['4 in l', true],
    ['"4" in l', false],
    ['1 in o', false],
    ['1 in nothing', false],
    // Reaching into values.
    ['o.k', 'v'],
    ['o["k"]', 'v'],
    ['o.d.e[1]', 6],
    ['l[0]', 4],
    ['l[2].k', 7],
    ['l[a]', 'x'],
    ['l.k', undefined],
    ['[{k: 3}].k', 3],
    ['o[true].k', 'v'],
    ['o[false]', undefined],
    ['s[0]', 'a'],
    ['s.length', 3],
    ['s[9]', undefined],
    ['nothing.at.all', undefined],
    ['nil', undefined],
    ['a.b.c', undefined],
    ['o[[0]]', undefined],
    ['s["1"]', 'b'],
    ['s["01"]', undefined],
    ['s["1x"]', undefined],
    ['s["x1"]', undefined],
    ['s[-1]', undefined],
    ['m[10]', 'k'],
    ['m[100]', undefined],
    ['null.k', undefined],
    // What is known beside the values.
    ['floor', 2],
    ['device.attributes.floor', 2],
    ['device.id + "@" + tenant', 'd1@kranj'],
    ['device.location[0]', 14.3556],
    ['device.secret', undefined],
    ['reading.observedAt', OBSERVED_AT],
    ['reading.values["a"]', 1],
    // Literals.
    ["'it\\'s'", "it's"],
    ['"a\\\\b"', 'a\\b'],
    ['"\\d"', '\\d'],
    ['[a, "x", [t]]', [1, 'x', [true]]],
    ['{k: a, "sl-SI": s}', { k: 1, 'sl-SI': 'abc' }],
    ['[]', []],
    ['{}', {}],
    ['"1" + 2', '12'],
    ['1 + true', 2],
    ['[1, 2] + "x"', '1,2x'],
    ['o + ""', '[object Object]'],
    // Nothing, and what cannot be sent.
    ['nothing + 1', undefined],
    ['null', undefined],
    ['0 / 0', undefined],
    ['1 / 0', Number.POSITIVE_INFINITY],
    ['[1 / 0]', 'misfit'],
    ['[nothing]', 'misfit'],
    ['{k: 0 / 0}', 'misfit'],
  ])('%s is %j', (expression, expected) => {
    expect(evaluate(expression, VALUES)).toEqual(expected)
  })

  test.each(['device', 'tenant', 'reading'])(
    'finds the value %s of a sensor only in reading.values',
    name => {
      expect(evaluate(name, { [name]: 1 })).not.toBe(1)
      expect(evaluate(`reading.values.${name}`, { [name]: 1 })).toBe(1)
    },
  )

  test('prefers what the sensor says to what the administrator has said', () => {
    expect(evaluate('floor', { floor: 7 })).toBe(7)
    expect(evaluate('floor', { floor: null })).toBe(2)
  })

  test('may have many brackets beside each other', () => {
    expect(evaluate(Array.from({ length: 40 }, () => '(1)').join('+'))).toBe(40)
  })

  test('is told to be sound, or what is wrong with it', () => {
    expect(findExpressionFault('a + 1')).toBeUndefined()
    expect(findExpressionFault('a + ')).toBe('expected a value at character 5')
    expect(findExpressionFault('1'.repeat(1024))).toBeUndefined()
  })

  test('names letters of all alphabets', () => {
    expect(evaluate('višina * 2', { višina: 2 })).toBe(4)
  })
})
