import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { replacePattern, replaceText } from '../../src/map/pattern-replace.ts'
import { parsePattern } from '../../src/profiles/expression-pattern.ts'

const REPLACEMENT = "<$&|$1|$2|$12|$`|$'|$$|$0|$x>"

function replace(
  text: string,
  source: string,
  isGlobal: boolean,
  replacement = REPLACEMENT,
): string | undefined {
  const { pattern } = parsePattern(source)
  return pattern === undefined ? undefined : replacePattern(text, pattern, replacement, isGlobal)
}

const atom = fc.constantFrom(
  'a',
  'b',
  '.',
  '[ab]',
  '[^a]',
  '\\d',
  '\\W',
  '\\x61',
  '\\.',
  '\\b',
  '\\B',
  '^',
  '$',
)
const quantifier = fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '{0,}', '*?', '+?', '??', '{1,}?')
const { source } = fc.letrec<{ source: string }>(tie => ({
  source: fc.oneof(
    { maxDepth: 5 },
    atom,
    fc.tuple(tie('source'), tie('source')).map(([left, right]) => left + right),
    fc.tuple(tie('source'), tie('source')).map(([left, right]) => `${left}|${right}`),
    tie('source').map(inner => `(${inner})`),
    fc.tuple(tie('source'), quantifier).map(([inner, suffix]) => `(?:${inner})${suffix}`),
    fc.tuple(tie('source'), quantifier).map(([inner, suffix]) => `(${inner})${suffix}`),
  ),
}))
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', ' ', '.'), maxLength: 10 })

describe('a pattern', () => {
  test('that we take finds what it finds in JavaScript, first and all', () => {
    let taken = 0
    fc.assert(
      fc.property(source, text, fc.boolean(), (pattern, subject, isGlobal) => {
        const replaced = replace(subject, pattern, isGlobal)
        if (replaced === undefined) return
        taken += 1
        expect(replaced).toBe(subject.replace(new RegExp(pattern, isGlobal ? 'g' : ''), REPLACEMENT))
      }),
      { numRuns: 3000 },
    )
    expect(taken).toBeGreaterThan(1000)
  })

  test.each([
    ['2026-01-15', '(\\d{4})-(\\d\\d)-(\\d\\d)', '$3.$2.$1', '15.01.2026'],
    ['T: 21,5 °C', '[^0-9,-]', '', '21,5'],
    ['žaba', '[žč]', 'z', 'zaba'],
    ['a\nb', '.', '', '\n'],
    ['abcdefghijkl', '(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)(l)', '$12$1', 'la'],
    ['', '^$', 'empty', 'empty'],
  ])('of %j by %j to %j gives %j', (subject, pattern, replacement, expected) => {
    expect(replace(subject, pattern, true, replacement)).toBe(expected)
  })
})

describe('a plain text', () => {
  test('is replaced as JavaScript does it, without being a pattern', () => {
    fc.assert(
      fc.property(text, before => {
        const subject = `${before}.a`
        expect(replaceText(subject, '.', REPLACEMENT)).toBe(subject.replace('.', REPLACEMENT))
      }),
    )
  })
})
