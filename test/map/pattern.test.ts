import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { replacePattern, replaceText } from '../../src/map/pattern-replace.ts'
import { parsePattern } from '../../src/profiles/expression-pattern.ts'

const REPLACEMENT = "<$&|$1|$2|$12|$`|$'|$$|$0|$05|$00|$x>"

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
    ['b', '[^a]{2}', 'x', 'b'],
    ['aaaa', 'a{1,3}', '<$&>', '<aaa><a>'],
    ['aaaa', 'a{2}', '<$&>', '<aa><aa>'],
    ['aab', '(?:^a)*', '<$&>', '<a><>a<>b<>'],
    ['a ab', '\\ba', 'x', 'x xb'],
    ['aa', '\\Ba', 'x', 'ax'],
    ['ac', '(a)|(b)', '<$1|$2>', '<a|>c'],
    ['b', '(a)?b', '<$1>', '<>'],
    ['ab', '(?:(a)|b)+', '<$1>', '<>'],
    ['ba', '(?:(a)|b)+', '<$1>', '<a>'],
  ])('of %j by %j to %j gives %j', (subject, pattern, replacement, expected) => {
    expect(replace(subject, pattern, true, replacement)).toBe(expected)
  })
})

describe('a pattern that is as large as may be', () => {
  test.each([
    ['253 characters', 'a{253}', 'a{254}', 'a pattern of at most 256 steps (at'],
    [
      '15 groups',
      `${'('.repeat(15)}a${')'.repeat(15)}`,
      `${'('.repeat(16)}a${')'.repeat(16)}`,
      'groups of at most 16 levels',
    ],
  ])('has %s and no more', (_title, largest, larger, problem) => {
    expect(parsePattern(largest).problem).toBeUndefined()
    expect(parsePattern(larger).problem).toContain(problem.replace(/ \(at$/, ''))
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
