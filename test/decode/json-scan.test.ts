import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { findJsonBreak, isDeeper } from '../../src/decode/json-scan.ts'

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const objects = fc
  .dictionary(fc.string({ unit: 'binary' }), fc.jsonValue())
  .map(value => JSON.stringify(value))

describe('the place where text stops being JSON', () => {
  test.each([
    ['', 0, true],
    ['{', 1, true],
    ['{"a"', 4, true],
    ['{"a":1', 6, true],
    ['{"a":"b', 7, true],
    ['{"a":tr', 7, true],
    ['{"a":-1.', 8, true],
    ['[1,', 3, true],
    ['{"a":1e', 7, true],
    ['{"a":', 5, true],
    ['017564', 0, false],
    ['nonsense', 0, false],
    ['NaN', 0, false],
    ['{a:1}', 1, false],
    ["{'a':1}", 1, false],
    ['{"a" 1}', 5, false],
    ['{"a":01}', 5, false],
    ['{"a":1,}', 7, false],
    ['{"a":NaN}', 5, false],
    ['{"a":12,5}', 8, false],
    ['{"a":tru}', 5, false],
    ['{"a":"b\nc"}', 7, false],
    ['{"a":"\\x"}', 6, false],
    ['[1}', 2, false],
    ['[1 2]', 3, false],
    ['{"a":1} {', 8, false],
    ['1,2', 1, false],
    [']', 0, false],
  ])('of %j is after %i characters', (text, at, isCutOff) => {
    expect(isJson(text)).toBe(false)
    expect(findJsonBreak(text)).toEqual({ at, isCutOff })
  })

  test('of JSON that was cut off is its end', () => {
    fc.assert(
      fc.property(objects, fc.nat(), (text, seed) => {
        const cut = text.slice(0, seed % text.length)
        const { at, isCutOff } = findJsonBreak(cut)
        // Half of an escape is no escape yet; the text ends right behind it.
        expect(isCutOff || cut.slice(at).startsWith('\\')).toBe(true)
      }),
    )
  })

  test('of JSON with a control character in it is there, or where the word begins that has it', () => {
    fc.assert(
      fc.property(objects, fc.nat(), (text, seed) => {
        const place = seed % (text.length + 1)
        const { at, isCutOff } = findJsonBreak(`${text.slice(0, place)}\u0001${text.slice(place)}`)
        expect(isCutOff).toBe(false)
        expect(text.slice(at, place)).toMatch(/^(?:[\w.+-]*|\\(?:u[\da-f]*)?)$/)
      }),
    )
  })
})

describe('the depth of text', () => {
  test.each([
    ['[[1]]', 2, false],
    ['[[1]]', 1, true],
    ['{"a":[{}]}', 2, true],
    ['[1],[2],[3]', 1, false],
    ['"[[[["', 0, false],
    ['["\\"[[[["]', 1, false],
    ['["\\\\",[1]]', 1, true],
    ['['.repeat(100_000), 32, true],
  ])('of %.20j is more than %i levels: %j', (text, levels, expected) => {
    expect(isDeeper(text, levels)).toBe(expected)
  })
})
