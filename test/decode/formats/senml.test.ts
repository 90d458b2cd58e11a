import { describe, expect, test } from '@jest/globals'
import { createMessage, RECEIVED_AT } from '../create-message.ts'
import { decodeAs, describeFormat } from '../format-suite.ts'

const SENML = { senml: {} }

describeFormat('senml', {
  vectors: [
    {
      name: 'one record with its whole name (RFC 8428, 5.1.1)',
      decode: SENML,
      text: '[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]',
      readings: [{ 'urn:dev:ow:10e2073a01080063': 23.1 }],
    },
    {
      name: 'names beside a base name (5.1.2)',
      decode: SENML,
      text: '[{"bn":"urn:dev:ow:10e2073a01080063:","n":"voltage","u":"V","v":120.1},{"n":"current","u":"A","v":1.2}]',
      readings: [{ voltage: 120.1, current: 1.2 }],
    },
    {
      name: 'a base name alone',
      decode: { senml: { name: 'level' } },
      text: '[{"bn":"urn:dev:ow:10e2073a01080063","v":23.1}]',
      readings: [{ level: 23.1 }],
    },
    {
      name: 'times from a base time (5.1.3)',
      decode: SENML,
      text: '[{"bn":"urn:dev:ow:10e2073a0108006:","bt":1276020076.001,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},{"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.3}]',
      readings: [{ voltage: 120.1 }, { current: 1.2 }, { current: 1.3 }],
    },
    {
      name: 'text, truth, bytes and sums over base values',
      decode: SENML,
      text: '[{"bv":20,"bs":100,"n":"t","v":1.5},{"n":"door","vb":true},{"n":"name","vs":"Škofja Loka"},{"n":"raw","vd":"AQL_"},{"n":"energy","v":2,"s":5}]',
      readings: [{ t: 21.5, door: true, name: 'Škofja Loka', raw: '0102ff', energy: 22, energy_sum: 105 }],
    },
    {
      name: 'a name twice at one time, as two readings',
      decode: SENML,
      text: '[{"n":"t","v":1},{"n":"h","v":50},{"n":"t","v":2}]',
      readings: [{ t: 1, h: 50 }, { t: 2 }],
    },
    {
      name: 'CBOR with its numbered labels',
      decode: SENML,
      hex: '82 a3 21 64 75726e3a 00 6174 02 f94d60 a2 00 6172 08 420102',
      readings: [{ t: 21.5, r: '0102' }],
    },
  ],
  hostileName: { text: '[{"n":"__proto__","v":1}]' },
})

describe('decoding SenML', () => {
  const read = (records: object) => decodeAs(SENML, createMessage(JSON.stringify(records)))

  test('counts times below 2^28 from when it was received', () => {
    expect(
      read([
        { n: 'a', t: -5, v: 1 },
        { n: 'a', v: 2 },
      ]).map(({ observedAt }) => observedAt),
    ).toEqual([RECEIVED_AT - 5000, RECEIVED_AT])
  })

  test('takes times from 2^28 on for Unix time, with fractions, and sums base and own time', () => {
    expect(read([{ bt: 1276020076.001, n: 'a', t: -5, v: 1 }])[0]?.observedAt).toBe(1276020071001)
  })

  test.each([
    ['', 'a payload, got nothing'],
    ['{"n":"a","v":1}', 'a list of SenML records, got {"n":"a","v":1}'],
    ['[1]', 'SenML records, got [1]'],
    ['[]', 'SenML records with values, got []'],
    ['[{"bn":"a"}]', 'SenML records with values, got [{"bn":"a"}]'],
    ['[{"bver":11,"n":"a","v":1}]', 'SenML of version 10 at most, got [{"bver":11,"n":"a","v":1}]'],
    ['[{"n":"a","x_":1,"v":1}]', 'no field that must be understood (x_), got [{"n":"a","x_":1,"v":1}]'],
    ['[{"n":"a","v":"1"}]', 'a number as v, got [{"n":"a","v":"1"}]'],
    ['[{"n":1,"v":1}]', 'text as the name n, got [{"n":1,"v":1}]'],
  ])('refuses %j', (text, problem) => {
    expect(() => decodeAs(SENML, createMessage(text))).toThrow(`DECODE_FAILED: expected ${problem}`)
  })
})
