import { describe, expect, test } from '@jest/globals'
import { createMessage, RECEIVED_AT } from '../create-message.ts'
import { decodeAs, describeFormat } from '../format-suite.ts'

const CBOR = { cbor: {} }

test('the id of a message is where the profile says', () => {
  const [reading] = decodeAs(
    { cbor: { messageId: 'm' } },
    createMessage(Buffer.from('a2616d182a617401', 'hex')),
  )
  expect(reading?.identity).toEqual({ id: '42', heardAt: RECEIVED_AT })
})

describeFormat('cbor', {
  vectors: [
    {
      name: 'a map with a float of two bytes',
      decode: CBOR,
      hex: 'a36174f95160616818376162190dfc',
      readings: [{ t: 43, h: 55, b: 3580 }],
    },
    {
      name: 'every kind of value',
      decode: CBOR,
      hex: [
        'ac 6161 20 6162 1a000f4240 6163 1b000000e8d4a51000 6164 f4 6165 f6 6166 f97bff',
        '6167 fa47c35000 6168 fb3ff199999999999a 6169 430102ff 616a 83010203 616b c48221196ab3 01 f5',
      ].join(' '),
      readings: [
        {
          a: -1,
          b: 1_000_000,
          c: 1_000_000_000_000,
          d: false,
          e: null,
          f: 65504,
          g: 100_000,
          h: 1.1,
          i: '0102ff',
          j: [1, 2, 3],
          k: 273.15,
          1: true,
        },
      ],
    },
    {
      name: 'lengths that are not given',
      decode: CBOR,
      hex: 'bf 6174 9f 01 02 ff 6173 7f 6161 62c48d ff ff',
      readings: [{ t: [1, 2], s: 'ač' }],
    },
    {
      name: 'a part, of each element of a list',
      decode: { cbor: { path: 'v' } },
      hex: '82 a1 6176 a1 6174 01 a1 6176 a1 6174 02',
      readings: [{ t: 1 }, { t: 2 }],
    },
  ],
  hostileName: { hex: 'a1 69 5f5f70726f746f5f5f a1 6178 01' },
})

describe('decoding CBOR', () => {
  test('takes the observed time, as text or as Unix time, from where the profile says', () => {
    const decode = { cbor: { observedAt: 'ts' } }
    const message = createMessage(Buffer.from('a2627473c11a69678580617401', 'hex'))
    expect(decodeAs(decode, message)[0]?.observedAt).toBe(1768392064_000)
  })

  test.each([
    ['', 'CBOR with 1 more bytes at its end, got nothing'],
    ['a16174', 'CBOR with 1 more bytes at its end, got bytes a16174'],
    ['a0a0', 'CBOR with its end 1 bytes earlier, got bytes a0a0'],
    ['01', 'a CBOR map, got bytes 01'],
    ['9affffffff', 'CBOR with 4294967295 more items, got bytes 9affffffff'],
    ['bb7fffffffffffffff', 'CBOR with 9223372036854776000 more items, got bytes bb7fffffffffffffff'],
    ['7affffffff', 'CBOR with 4294967295 more bytes at its end, got bytes 7affffffff'],
    ['a161ff01', 'CBOR with text in UTF-8, got bytes a161ff01'],
    ['a1f401', 'CBOR with text or numbers as keys, got bytes a1f401'],
    ['1f', 'CBOR with a definite length, got bytes 1f'],
    ['1c', 'CBOR with a known length, got bytes 1c'],
    ['ff', 'CBOR with a value, got bytes ff'],
    ['5f01ff', 'CBOR with chunks of a string, got bytes 5f01ff'],
  ])('refuses the bytes %j', (hex, problem) => {
    expect(() => decodeAs(CBOR, createMessage(Buffer.from(hex, 'hex')))).toThrow(
      `DECODE_FAILED: expected ${problem}`,
    )
  })

  test.each(['81', 'c1', '9f', 'bf6161'])('refuses more than 32 levels of %s', head => {
    const payload = Buffer.from(head.repeat(100_000), 'hex')
    expect(() => decodeAs(CBOR, createMessage(payload))).toThrow('expected CBOR with at most 32 levels')
  })
})
