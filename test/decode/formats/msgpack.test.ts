import { describe, expect, test } from '@jest/globals'
import { createMessage } from '../create-message.ts'
import { decodeAs, describeFormat } from '../format-suite.ts'

const MSGPACK = { msgpack: {} }

describeFormat('msgpack', {
  vectors: [
    {
      name: 'a short map',
      decode: MSGPACK,
      hex: '82 a174 cb4035800000000000 a168 37',
      readings: [{ t: 21.5, h: 55 }],
    },
    {
      name: 'every kind of value',
      decode: MSGPACK,
      hex: [
        'de0012 a161 ff a162 c0 a163 c3 a164 c2 a165 cdffff a166 ceffffffff a167 cf000000e8d4a51000',
        'a168 d0ff a169 d1fffe a16a d2fffffffd a16b d3fffffffffffffffc a16c ca3fc00000 a16d c403 0102ff',
        'a16e d902c48d a16f dc0002 0102 a170 d6ff69678580 a171 d47f2a a172 c70400 01020304',
      ].join(' '),
      readings: [
        {
          a: -1,
          b: null,
          c: true,
          d: false,
          e: 65535,
          f: 4294967295,
          g: 1_000_000_000_000,
          h: -1,
          i: -2,
          j: -3,
          k: -4,
          l: 1.5,
          m: '0102ff',
          n: 'č',
          o: [1, 2],
          p: 1768392064,
          q: '2a',
          r: '01020304',
        },
      ],
    },
    {
      name: 'a part, of each element of a list',
      decode: { msgpack: { path: 'v' } },
      hex: '92 81 a176 81 a174 01 81 a176 81 a174 02',
      readings: [{ t: 1 }, { t: 2 }],
    },
  ],
  hostileName: { hex: '81 a9 5f5f70726f746f5f5f 81 a178 01' },
})

describe('decoding MessagePack', () => {
  test.each([
    ['a174', 'd7ff 00000000 69678580', 1768392064_000],
    ['a174', 'c70cff 00000000 0000000069678580', 1768392064_000],
    ['a174', 'd7ff 77359400 69678580', 1768392064_500],
  ])('takes its time stamps as the observed time: %s %s', (key, stamp, observedAt) => {
    const hex = `81${key}${stamp.replaceAll(' ', '')}`
    const decode = { msgpack: { observedAt: 't' } }
    expect(decodeAs(decode, createMessage(Buffer.from(hex, 'hex')))[0]?.observedAt).toBe(observedAt)
  })

  test.each([
    ['', 'MessagePack with 1 more bytes at its end, got nothing'],
    ['81a174', 'MessagePack with 1 more bytes at its end, got bytes 81a174'],
    ['8000', 'MessagePack with its end 1 bytes earlier, got bytes 8000'],
    ['01', 'a MessagePack map, got bytes 01'],
    ['c1', 'MessagePack with known types, got bytes c1'],
    ['ddffffffff', 'MessagePack with 4294967295 more items, got bytes ddffffffff'],
    ['81c001', 'MessagePack with text or numbers as keys, got bytes 81c001'],
  ])('refuses the bytes %j', (hex, problem) => {
    expect(() => decodeAs(MSGPACK, createMessage(Buffer.from(hex, 'hex')))).toThrow(
      `DECODE_FAILED: expected ${problem}`,
    )
  })

  test.each(['91', '81a161'])('refuses more than 32 levels of %s', head => {
    const payload = Buffer.from(head.repeat(100_000), 'hex')
    expect(() => decodeAs(MSGPACK, createMessage(payload))).toThrow('MessagePack with at most 32 levels')
  })
})
