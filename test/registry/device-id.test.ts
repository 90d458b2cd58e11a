import { describe, expect, test } from '@jest/globals'
import { isDeviceId } from '../../src/registry/device-id.ts'

describe('the id of a device', () => {
  test.each([
    'a',
    '24e124136b502217',
    'Čistilna naprava 1',
    'šola 1 ($&)',
    '0xa4c1',
    '..',
    '%2F',
    '🌡',
    '東京',
    'x'.repeat(128),
  ])('may be %j', id => {
    expect(isDeviceId(id)).toBe(true)
  })

  test.each([
    '',
    ' ',
    ' a',
    'a ',
    'a/b',
    'x/../y',
    'a+b',
    'a#b',
    'a?b',
    'a\nb',
    'a\u0000b',
    'a\u007fb',
    'a\u00a0b',
    'a\u200bb',
    'a\u202eb',
    'a\u2028b',
    '\ufeffa',
    'a\ud800b',
    'x'.repeat(129),
  ])('is not %j', id => {
    expect(isDeviceId(id)).toBe(false)
  })
})
