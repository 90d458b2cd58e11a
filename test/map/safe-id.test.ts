import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { makeIdSafe } from '../../src/map/safe-id.ts'

describe('an id', () => {
  test.each([
    ['urn:ngsi-ld:Thing:a_b-c.1', 'urn:ngsi-ld:Thing:a_b-c.1'],
    ['Čistilna-šž', 'Cistilna-sz'],
    ['ćđĐ', 'cdD'],
    ['Straße', 'Strasse'],
    ['a b/c?', 'a%20b%2Fc%3F'],
    ["it's (1)*", 'it%27s%20%281%29%2A'],
    ['50%', '50%25'],
    ['a\nb', 'a%0Ab'],
    ['Љ', '%D0%89'],
    ['\uD800', '%EF%BF%BD'],
  ])('of %j is %s', (text, id) => {
    expect(makeIdSafe(text)).toBe(id)
  })

  test('has portable characters only, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => /^[A-Za-z0-9._:%-]*$/.test(makeIdSafe(text))),
    )
  })
})
