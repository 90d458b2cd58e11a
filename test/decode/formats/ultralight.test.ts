import { describe, expect, test } from '@jest/globals'
import { createMessage, RECEIVED_AT } from '../create-message.ts'
import { decodeAs, describeFormat } from '../format-suite.ts'

const UL = { ultralight: {} }
const TOPIC = '/ul/ABCDEF/id_sen1/attrs'

describeFormat('ultralight', {
  vectors: [
    { name: 'several measures', decode: UL, topic: TOPIC, text: 'h|70|t|15', readings: [{ h: 70, t: 15 }] },
    { name: 'one measure by its topic', decode: UL, topic: `${TOPIC}/h`, text: '70', readings: [{ h: 70 }] },
    {
      name: 'groups',
      decode: UL,
      topic: TOPIC,
      text: 'gps|1.2/3.4#t|10',
      readings: [{ gps: '1.2/3.4' }, { t: 10 }],
    },
    {
      name: 'a group with its time',
      decode: UL,
      topic: TOPIC,
      text: '2016-06-13T00:35:30Z|lle|100',
      readings: [{ lle: 100 }],
    },
    {
      name: 'JSON values as such, and all else as text',
      decode: UL,
      topic: TOPIC,
      text: "a|1|b|1.01|c|true|d|null|e|[1,2,3]|f|['a']|g|{a:1}|h|I'm a string",
      readings: [
        { a: 1, b: 1.01, c: true, d: null, e: [1, 2, 3], f: "['a']", g: '{a:1}', h: "I'm a string" },
      ],
    },
  ],
  hostileName: { text: '__proto__|1' },
})

describe('decoding Ultralight 2.0', () => {
  test('takes the time before a group, or the measure TimeInstant, as the observed time', () => {
    const text = '2026-01-14T12:00:00Z|t|1#t|2|TimeInstant|2026-01-14T13:00:00Z#t|3'
    expect(decodeAs(UL, createMessage(text))).toEqual([
      { values: { t: 1 }, observedAt: Date.parse('2026-01-14T12:00:00Z') },
      { values: { t: 2 }, observedAt: Date.parse('2026-01-14T13:00:00Z') },
      { values: { t: 3 }, observedAt: RECEIVED_AT },
    ])
  })

  test('passes over spaces around names and values', () => {
    expect(decodeAs(UL, createMessage(' t | 15 |h| on\r\n', TOPIC))[0]?.values).toEqual({ t: 15, h: 'on' })
  })

  test('leaves out a key that reaches for prototypes', () => {
    expect(decodeAs(UL, createMessage('t|{"a":{"__proto__":1},"b":2}', TOPIC))[0]?.values).toEqual({
      t: { a: {}, b: 2 },
    })
  })

  test.each([
    ['', 'a payload, got nothing'],
    ['t', 'Ultralight 2.0 such as t|15|h|70, got t'],
    ['2026-01-14T12:00:00Z', 'Ultralight 2.0 such as t|15|h|70, got 2026-01-14T12:00:00Z'],
    ['t|15|h', 'Ultralight 2.0 such as t|15|h|70, got t|15|h'],
    ['t|15#', 'Ultralight 2.0 such as t|15|h|70, got t|15#'],
    ['|15', 'a name for each value, got |15'],
    ['t|1#'.repeat(1001).slice(0, -1), 'at most 1000 readings in one message, got t|1#t|1#'],
  ])('refuses %j', (text, problem) => {
    expect(() => decodeAs(UL, createMessage(text, TOPIC))).toThrow(`DECODE_FAILED: expected ${problem}`)
  })
})
