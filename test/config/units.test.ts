import { describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { duration, parseDuration, parseSize, size } from '../../src/config/units.ts'

/** Not a number with one of the units: another unit, another case, a space, a sign, an exponent, or nothing at all. */
const NO_QUANTITIES = [
  '',
  '5',
  's',
  'B',
  '5 s',
  ' 5s',
  '5s ',
  '-5s',
  '+5s',
  '1e3ms',
  '.5s',
  '5.s',
  '5,5s',
  '5s5s',
]

describe('a duration', () => {
  test.each([
    ['0ms', 0],
    ['50ms', 50],
    ['10s', 10_000],
    ['5m', 300_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['1.5h', 5_400_000],
    ['0.25s', 250],
    ['1.6ms', 2],
  ])('%s is %i milliseconds', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds)
  })

  test.each([...NO_QUANTITIES, '5S', '5M', '5min', '5sec', '1w', '1y', '5constructor', '٥s'])(
    '%p is none',
    text => {
      expect(parseDuration(text)).toBeUndefined()
    },
  )
})

describe('a size', () => {
  test.each([
    ['64B', 64],
    ['900KiB', 921_600],
    ['16MiB', 16_777_216],
    ['4GiB', 4_294_967_296],
    ['1TiB', 1_099_511_627_776],
    ['0.5KiB', 512],
  ])('%s is %i bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes)
  })

  test.each([...NO_QUANTITIES, '5KB', '5kB', '5K', '5MB', '5M', '5kib', '5KIB', '5b', '1PiB', '5toString'])(
    '%p is none',
    text => {
      expect(parseSize(text)).toBeUndefined()
    },
  )
})

describe('a key of a schema', () => {
  const schema = z.strictObject({ wait: duration('50ms'), room: size('1KiB') })

  test('has its default in the same words as a person would write', () => {
    expect(schema.parse({})).toEqual({ wait: 50, room: 1024 })
  })

  test('takes what a person writes', () => {
    expect(schema.parse({ wait: '2m', room: '2MiB' })).toEqual({ wait: 120_000, room: 2_097_152 })
  })

  test.each([
    ['without a unit', { wait: '5', room: '5' }],
    ['that is a number', { wait: 5, room: 5 }],
    ['that is null', { wait: null, room: null }],
  ])('says what it expects of a value %s', (_case, raw) => {
    expect(schema.safeParse(raw).error?.issues.map(({ message }) => message)).toEqual([
      'expected a duration with its unit, such as 50ms, 10s or 24h',
      'expected a size with its unit, such as 900KiB or 4GiB',
    ])
  })
})
