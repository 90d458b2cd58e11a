import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { TromostError } from '../../src/errors.ts'
import { evaluate } from './expression-values.ts'

const LONG = 'a'.repeat(60_000)
const VALUES = { s: 'abc', long: LONG, list: Array.from({ length: 4000 }, () => LONG), o: { k: 1 }, n: 1 }

/** Pieces from which expressions are made, the ones that attackers use among them. */
const WORDS = [
  ...[
    's',
    'o',
    'n',
    'constructor',
    '__proto__',
    'prototype',
    'then',
    'toString',
    'valueOf',
    'process',
    'globalThis',
  ],
  ...[
    "'constructor'",
    '"__proto__"',
    "''",
    '"return 1"',
    '0',
    '1',
    '-1',
    '99999999',
    'null',
    'true',
    'list',
    'long',
  ],
  ...[
    '.',
    '[',
    ']',
    '(',
    ')',
    '{',
    '}',
    ':',
    ',',
    '?',
    '|',
    '!',
    '-',
    '+',
    '*',
    '//',
    '^',
    '==',
    '&&',
    '||',
    ' in ',
  ],
  ...[
    '|split',
    '|joinarrtostr',
    '|jsonparse',
    '|jsonstringify',
    '|replaceallregexp',
    '|concatarr',
    '|mapper',
    '|hash',
  ],
]

/** Plain data, all the way down: nothing with a prototype of its own, and nothing that can be called. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') return false
  if (typeof value !== 'object' || value === null) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  const isKnown = prototype === Object.prototype || prototype === Array.prototype
  return isKnown && value !== Object.prototype && Object.values(value).every(isPlain)
}

function evaluateOrRefuse(expression: string): unknown {
  try {
    return evaluate(expression, VALUES)
  } catch (error) {
    expect(error).toBeInstanceOf(TromostError)
    return undefined
  }
}

describe('an expression of any text', () => {
  test('is refused with our error, or gives plain data', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom(...WORDS), { maxLength: 30 }).map(words => words.join('')),
    )
    fc.assert(
      fc.property(anything, expression => {
        expect(isPlain(evaluateOrRefuse(expression))).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('a hostile expression', () => {
  test.each([
    'constructor',
    '__proto__',
    's.constructor',
    's["constructor"]',
    's.constructor.constructor("return process")',
    '"".constructor.constructor',
    'o["__proto__"]',
    'o["__pro" + "to__"]',
    'o[["constructor"]]',
    'list["constructor"]',
    'list.concat',
    'n.toFixed',
    'o.toString',
    'o.hasOwnProperty',
    'device.constructor',
    'device["__proto__"]',
    'reading.values.constructor',
    'globalThis',
    'process.env',
    'this',
    'arguments',
    '{}.constructor',
    '[].constructor',
    `'{"__proto__": {"polluted": 1}}'|jsonparse`,
    `('{"constructor": 1}'|jsonparse).prototype`,
  ])('%s reaches nothing', expression => {
    expect(evaluateOrRefuse(expression)).toBeUndefined()
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  test.each([
    ['{__proto__: o}', 'expected another key than __proto__ at character 2'],
    ['{"__proto__": o}', 'expected another key than __proto__ at character 2'],
    ['eval("1")', 'expected an operator or the end at character 5'],
    ['s|constructor', 'expected the name of a transform that is known at character 3'],
    ['s|toString', 'expected the name of a transform that is known at character 3'],
    ['a = 1', 'expected another sign at character 3'],
    ['a; b', 'expected another sign at character 2'],
    ['"open', 'expected a closing quote for the one at character 1'],
    ['a +', 'expected a value at character 4'],
    ['in', 'expected a value at character 1'],
    ['a.', 'expected a name at character 3'],
    ['a."b"', 'expected a name at character 3'],
    ['a|(1)', 'expected the name of a transform at character 3'],
    ['{1: 2}', 'expected a key at character 2'],
    ['a "+" b', 'expected an operator or the end at character 3'],
    ['a "?" b : c', 'expected an operator or the end at character 3'],
    ['a ? b', 'expected : at character 6'],
    ['a[0', 'expected ] at character 4'],
    ['list[.k > 1]', 'expected a value at character 6'],
    ['', 'expected a value at character 1'],
    ['s|substr', 'expected substr with 1 to 2 arguments at character 3'],
    ['s|trim(1)', 'expected trim with 0 arguments at character 3'],
    ['(('.repeat(40), 'expected at most 32 levels at character 33'],
    ['['.repeat(500), 'expected at most 32 levels at character 33'],
    [`a${'.b'.repeat(1000)}`, 'expected an expression of at most 1024 characters at character 1025'],
    ['a'.repeat(1_000_000), 'expected an expression of at most 1024 characters at character 1025'],
  ])('%.40s is refused with the place', (expression, detail) => {
    expect(() => evaluate(expression)).toThrow(`PROFILE_INVALID: ${detail}`)
  })

  test.each([
    ['s|replaceregexp(s, "")', 'a pattern that is a constant text'],
    ['s|replaceregexp(5, "")', 'a pattern that is a constant text'],
    ['s|replaceregexp(!"a", "")', 'a pattern that is a constant text'],
    ['s|replaceregexp("(?=a)", "")', 'no group with ? other than (?:…) (at 2 of the pattern)'],
    ['s|replaceregexp("(a)\\1", "")', 'a pattern of characters, classes, groups'],
    ['s|replaceregexp("(a*)*", "")', 'a quantifier only after what takes a character'],
    ['s|replaceregexp("[z-a]", "")', 'a class of characters whose ranges are in order'],
    ['s|replaceregexp("a{2,1}", "")', 'a quantifier whose numbers are in order'],
    ['s|replaceregexp("(a", "")', 'a closing bracket for each group'],
    ['s|replaceregexp("a)", "")', 'no closing bracket without an opening one'],
    ['s|replaceregexp("*", "")', 'a pattern of characters, classes, groups'],
    ['s|replaceregexp("(?:a{50}){50}", "")', 'a pattern of at most 256 steps'],
    [`s|replaceregexp("${'|a'.repeat(300)}", "")`, 'a pattern of at most 256 steps'],
    [`s|replaceregexp("${'('.repeat(20)}", "")`, 'groups of at most 16 levels'],
  ])('%.60s is refused because of its pattern', (expression, expectation) => {
    expect(() => evaluate(expression)).toThrow(expectation)
  })

  test.each([
    'long + long',
    'list|joinarrtostr(long)',
    'list|joinarrtostr("")',
    'list + ""',
    'list',
    'list|jsonstringify',
    'long|split("")',
    'list|concatarr(list)',
    `"x"${'|jsonstringify'.repeat(60)}`,
    'long|replacestr("a", long)',
    `long|replacestr("a", "${"$'".repeat(200)}")`,
    'long|replaceallregexp("a", "b")',
    `(long|substr(0, 8000))|replaceallregexp("a", "${'b'.repeat(200)}")`,
    `(long|substr(0, 8000))|replaceallregexp("", "$'")`,
    `'${'['.repeat(200)}${']'.repeat(200)}'|jsonparse`,
    'long|urlencode|concatarr(1)',
    '"\uD800"|urlencode',
  ])('%.60s is stopped by a bound', expression => {
    expect(evaluate(expression, VALUES)).toBe('misfit')
  })

  test.each(['(a+)+$', '(a|a)*b', 'a*a*a*a*a*b', 'a|a.*b', '(a|b|ab)*c', '(a+)+(a+)+(a+)+b'])(
    'with the pattern %s ends soon',
    pattern => {
      const start = performance.now()
      evaluate(`(long|substr(0, 8000))|replaceallregexp("${pattern}", "")`, VALUES)
      expect(performance.now() - start).toBeLessThan(2000)
    },
  )

  test('is not helped by objects that pretend to be something else', () => {
    const values = { x: { toString: 1, valueOf: 2, toJSON: 3, length: 4, constructor: 5, __lookup: 6 } }
    const operations = ['x + 1', 'x * 2', 'x == "a"', 'x < 1', 'x in [1]', '-x']
    const transforms = ['tostring', 'length', 'round', 'jsonstringify', 'parsefloat'].map(name => `x|${name}`)
    for (const expression of [...operations, ...transforms]) {
      expect(isPlain(evaluate(expression, values))).toBe(true)
    }
    expect(evaluate('x.constructor', values)).toBe(5)
  })
})
