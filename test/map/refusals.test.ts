import { describe, expect, test } from '@jest/globals'
import { createProfileOf } from '../profiles/sound-profile.ts'
import { DEVICE, mapWith } from './map-values.ts'

/** What is said where the profile wants the whole entity refused. */
function refuse(attribute: object, values: Readonly<Record<string, unknown>>): string {
  const profile = createProfileOf({ x: attribute, always: { from: 'always' } }, { outOfRange: 'quarantine' })
  try {
    return JSON.stringify(mapWith(profile, { ...values, always: 1 }, DEVICE))
  } catch (error) {
    return String(error)
  }
}

const LONG = 'x'.repeat(65_537)
const EXCERPT = `"${'x'.repeat(79)}…`

describe('a value that does not fit is refused with what was expected and what came', () => {
  test.each([
    [{ from: 'a', unit: 'CEL' }, { a: 'warm' }, 'a number, got "warm"'],
    [{ from: 'a', min: 0, max: 5 }, { a: 6 }, 'a number from 0 to 5, got 6'],
    [{ from: 'a', scale: 10 }, { a: 9e15 }, 'a number of at most 15 digits, got 90000000000000000'],
    [{ from: 'a', divide: 0 }, { a: 1 }, 'arithmetic with numbers, got 1'],
    [{ from: 'a', values: { 0: 'off', 1: 'on' } }, { a: 2 }, 'one of 0, 1, got 2'],
    [{ from: 'a', values: { 0: 'off', 1: 'on' } }, { a: [1] }, 'one of 0, 1, got [1]'],
    [{ from: 'a' }, { a: 9007199254740992 }, 'numbers of at most 15 digits, got 9007199254740992'],
    [{ from: 'a' }, { a: [9007199254740992] }, 'numbers of at most 15 digits, got [9007199254740992]'],
    [{ from: 'a' }, { a: LONG }, `a value of at most 65536 characters, got ${EXCERPT}`],
    [{ from: 'a' }, { a: [LONG] }, `a value of at most 65536 characters, got [${EXCERPT.slice(0, -2)}…`],
    [{ geo: 'a' }, { a: [200, 46] }, 'a place as [lon, lat], {lat, lon} or GeoJSON, got [200,46]'],
    [
      { from: 'a', kind: 'language' },
      { a: 'open' },
      'texts by language, such as { "sl": "odprto" }, got "open"',
    ],
    [{ from: 'a', kind: 'vocab' }, { a: 5 }, 'a term, or a list of terms, got 5'],
    [{ from: 'a', kind: 'list' }, { a: 5 }, 'a list, got 5'],
    [{ from: 'a', kind: 'relationship' }, { a: 5 }, 'the id of an entity, or a list of ids, got 5'],
    [{ from: { l: 'a' }, kind: 'list' }, { a: 5 }, 'a list, got 5'],
    [{ from: { l: 'a' }, max: 4 }, { a: 5 }, 'a number from -Infinity to 4, got 5'],
  ])('%.80j of %.80j', (attribute, values, expected) => {
    expect(refuse(attribute, values)).toBe(`TromostError: MAP_FAILED: Thing.x: expected ${expected}`)
  })
})

describe('an expression that cannot be evaluated says why', () => {
  const values = {
    n: 5,
    s: 'text',
    long: LONG,
    list: Array.from({ length: 3000 }, () => 0),
    deep: JSON.parse(`${'['.repeat(32)}${']'.repeat(32)}`),
  }

  test.each([
    ['n|lengtharray', 'a list, got 5'],
    ['n|split(",")', 'text, got 5'],
    ['n|valuePicker(1)', 'an object to pick keys from, got 5'],
    ['null|valuePicker(1)', 'an object to pick keys from, got null'],
    ['[1 / 0]', 'finite numbers, got Infinity'],
    ['[nothing]', 'lists without gaps, got [null]'],
    ['(long + s)|length', 'text of at most 65536 characters, got 65541'],
    ['long', 'a value of at most 65536 characters, got "a larger one"'],
    ['(list|concatarr(list))|lengtharray', 'a list of at most 4096 items, got 6000'],
    ['[deep]', 'a value of at most 32 levels, got "a deeper one"'],
    ['long|replaceregexp("y", "")', 'at most 8192 characters to find a pattern in, got 65537'],
  ])('%s', (expr, expected) => {
    expect(refuse({ expr }, values)).toBe(`TromostError: MAP_FAILED: Thing.x: expected ${expected}`)
    expect(refuse({ expr, unit: 'CEL' }, values)).toBe(
      `TromostError: MAP_FAILED: Thing.x: expected ${expected}`,
    )
    expect(refuse({ from: 'n', when: expr }, values)).toBe(
      `TromostError: MAP_FAILED: Thing.x: expected ${expected}`,
    )
  })
})
