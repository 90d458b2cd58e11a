import { gzipSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import { compileDecoder } from '../../../src/decode/decode.ts'
import { createProfile } from '../../profiles/sound-profile.ts'
import { createMessage, RECEIVED_AT } from '../create-message.ts'
import { describeFormat } from '../format-suite.ts'

const NOON = Date.parse('2026-01-14T12:00:00Z')

function decode(payload: string | Buffer, format: object = {}, topic?: string) {
  return compileDecoder(createProfile({ decode: { json: format } }))(createMessage(payload, topic))
}

describe('decoding JSON', () => {
  test('makes one reading of one object, observed when it was received', () => {
    expect(decode('{"h":70,"t":15}')).toEqual([{ values: { h: 70, t: 15 }, observedAt: RECEIVED_AT }])
  })

  test('takes the values from the path and the time from the root', () => {
    const payload = '{"time":"2026-01-14T12:00:00Z","object":{"t":15}}'
    expect(decode(payload, { path: 'object', observedAt: 'time' })).toEqual([
      { values: { t: 15 }, observedAt: NOON },
    ])
  })

  test('makes a reading of each object of an array', () => {
    expect(decode('[{"ts":"2026-01-14T12:00:00Z","t":1},{"t":2}]', { observedAt: 'ts' })).toEqual([
      { values: { ts: '2026-01-14T12:00:00Z', t: 1 }, observedAt: NOON },
      { values: { t: 2 }, observedAt: RECEIVED_AT },
    ])
    expect(decode('{"list":[{"t":1},{"t":2}]}', { path: 'list' })).toHaveLength(2)
  })

  test('names a value after the levels of its topic that the profile says', () => {
    const format = { names: 'dom/+/{part}/{name}' }
    expect(decode('21.5', format, 'dom/d1/soba 1/temperatura')[0]?.values).toEqual({
      'soba 1': { temperatura: 21.5 },
    })
    expect(decode('{"t":1}', format, 'dom/d1/t')[0]?.values).toEqual({ t: 1 })
    expect(decode('{"t":1}', format, 'dom/d1/a/b/c')[0]?.values).toEqual({ t: 1 })
    expect(decode('{"t":1}', format, 'dom/d1//t')[0]?.values).toEqual({ t: 1 })
    expect(decode('15', format, '/key/d1/attrs/t')[0]?.values).toEqual({ t: 15 })
    expect(() => decode('1', format, 'dom/d1/__proto__/t')).toThrow('expected a JSON object')
  })

  test('makes a reading of each sensor that a gateway names, and none of what is no object', () => {
    const payload =
      '{"Time":"2026-01-14T12:00:00Z","LYWSD03-52680f":{"Temperature":21.1},"LYWSD02-a2fd09":{"Temperature":21.4},"TempUnit":"C"}'
    expect(decode(payload, { each: 'sensor', observedAt: 'Time' })).toEqual([
      { values: { Temperature: 21.1, sensor: 'LYWSD03-52680f' }, observedAt: NOON },
      { values: { Temperature: 21.4, sensor: 'LYWSD02-a2fd09' }, observedAt: NOON },
    ])
    expect(decode('{"a":{"b":{"t":1},"c":{"t":2}}}', { path: 'a', each: 'sensor' })).toHaveLength(2)
    expect(decode('{"t":1}', { each: 'sensor' })).toEqual([])
  })

  test('takes TimeInstant as the time and not as a value', () => {
    expect(decode('{"TimeInstant":"2026-01-14T12:00:00Z","t":1}', {}, '/key/d1/attrs')).toEqual([
      { values: { t: 1 }, observedAt: NOON },
    ])
  })

  test('prefers the time that the profile names to TimeInstant', () => {
    const payload = '{"ts":"2026-01-14T12:00:00Z","TimeInstant":"2026-01-13T12:00:00Z","t":1}'
    expect(decode(payload, { observedAt: 'ts' })[0]?.observedAt).toBe(NOON)
  })

  test('ignores a byte order mark', () => {
    expect(decode('\uFEFF{"t":1}')[0]?.values).toEqual({ t: 1 })
  })

  test('leaves out a key that reaches for prototypes, however it is written', () => {
    for (const text of ['{"a":{"__proto__":{"x":1}},"t":2}', '{"a":{},"\\u005f_proto__":{"x":1},"t":2}']) {
      const [reading] = decode(text)
      expect(reading?.values).toEqual({ a: {}, t: 2 })
      for (const value of [reading?.values, reading?.values['a']])
        expect(Object.getOwnPropertyNames(value)).not.toContain('__proto__')
    }
    const [listed] = decode('{"list":[{"__proto__":{"x":1},"t":2}]}')
    expect(JSON.stringify(listed?.values)).toBe('{"list":[{"t":2}]}')
    expect(() => decode('1', {}, '/key/d1/attrs/__proto__')).toThrow('DECODE_FAILED')
  })

  test.each([
    ['', 'a payload, got nothing'],
    ['{"t":', 'JSON (cut off at byte 5), got {"t":'],
    ['{"naslov":"Ž",t}', 'JSON (broken at byte 15), got {"naslov":"Ž",t}'],
    ['\uFEFF{t', 'JSON (broken at byte 4), got \\u{feff}{t'],
    [`${'['.repeat(33)}${' '.repeat(5000)}`, `at most 32 levels, got ${'['.repeat(33)}`],
    ['25.3', 'a JSON object, got 25.3'],
    ['[1]', 'a JSON object, got [1]'],
    ['null', 'a JSON object, got null'],
    ['\u001B[2J{', 'JSON (broken at byte 0), got \\u{1b}[2J{'],
  ])('refuses %j with an excerpt', (payload, problem) => {
    expect(() => decode(payload)).toThrow(`DECODE_FAILED: expected ${problem}`)
  })

  test('refuses a payload without the part that the profile names', () => {
    expect(() => decode('{"t":1}', { path: 'object' })).toThrow(
      'expected a JSON object at object, got {"t":1}',
    )
  })

  test('refuses bytes that are no text', () => {
    expect(() => decode(Buffer.from('ff00fe', 'hex'))).toThrow('expected text in UTF-8, got bytes ff00fe')
  })

  test.each([
    ['UTF-16 with a byte order mark', Buffer.from('\uFEFF{"t":1}', 'utf16le'), 'UTF-16, bytes fffe7b00'],
    ['UTF-16 without one', Buffer.from('{"t":1}', 'utf16le'), 'UTF-16, bytes 7b002200'],
    ['gzip', gzipSync('{"t":1}'), 'gzip, bytes 1f8b08'],
  ])('names %s for what it is', (_name, payload, got) => {
    expect(() => decode(payload)).toThrow(got)
  })

  test('takes 32 levels and refuses 33', () => {
    const nest = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
    expect(decode(nest(32))).toHaveLength(1)
    expect(() => decode(nest(33))).toThrow('expected at most 32 levels')
    expect(() => decode(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)).toThrow(
      'expected at most 32 levels',
    )
    const lists = (levels: number) => `{"a":${'['.repeat(levels - 1)}1${']'.repeat(levels - 1)}}`
    expect(decode(lists(32))).toHaveLength(1)
    expect(() => decode(lists(33))).toThrow('expected at most 32 levels')
  })

  test('takes long payloads that are flat', () => {
    const text = 'x'.repeat(5000)
    expect(decode(JSON.stringify({ text, list: [1, [2]] }))[0]?.values).toEqual({ text, list: [1, [2]] })
  })

  test('takes 1000 readings and refuses 1001', () => {
    expect(decode(`[${Array(1000).fill('{}').join(',')}]`)).toHaveLength(1000)
    expect(() => decode(`[${Array(1001).fill('{}').join(',')}]`)).toThrow('expected at most 1000 readings')
  })

  test('quotes at most 120 characters of a payload', () => {
    expect(() => decode('x'.repeat(10_000))).toThrow(/got x{120}…$/)
  })
})

describe("FIWARE's topic of one attribute", () => {
  test.each([
    ['70', 70],
    ['"on"', 'on'],
    ['on', 'on'],
    ['[1,2]', [1, 2]],
    ['{"a":1}', { a: 1 }],
    [' on ', 'on'],
    ['[]', []],
    ['[{"timestamp":1}]', [{ timestamp: 1 }]],
    ['[{"value":1}]', [{ value: 1 }]],
    ['[1,{"timestamp":1,"value":2}]', [1, { timestamp: 1, value: 2 }]],
    ['[{"timestamp":1,"value":2},null]', [{ timestamp: 1, value: 2 }, null]],
  ])('names the value %s', (payload, value) => {
    expect(decode(payload, { path: 'object' }, '/json/key/d1/attrs/h')).toEqual([
      { values: { h: value }, observedAt: RECEIVED_AT },
    ])
  })

  test('needs a value', () => {
    expect(() => decode(' \n', {}, '/json/key/d1/attrs/h')).toThrow('DECODE_FAILED: expected a value, got')
  })

  test('gives a reading for each value of a series', () => {
    const payload = '[{"timestamp":"2026-01-14T12:00:00Z","value":44},{"timestamp":"junk","value":33}]'
    expect(decode(payload, {}, '/json/key/d1/attrs/h')).toEqual([
      { values: { h: 44 }, observedAt: NOON, doubtfulTime: '"junk"' },
      { values: { h: 33 }, observedAt: RECEIVED_AT, doubtfulTime: '"junk"' },
    ])
  })

  test('is not the topic of all attributes', () => {
    expect(decode('{"h":1}', {}, '/json/key/d1/attrs')[0]?.values).toEqual({ h: 1 })
    expect(decode('{"h":1}', {}, '/json/key/attrs/d1/up')[0]?.values).toEqual({ h: 1 })
    expect(decode('{"h":1}', {}, '/json/key/d1/attrs/')[0]?.values).toEqual({ h: 1 })
    expect(decode('{"h":1}', {}, 'up')[0]?.values).toEqual({ h: 1 })
    expect(decode('{"h":1}', {}, 'homie/d1')[0]?.values).toEqual({ h: 1 })
    expect(decode('{"h":1}', {}, 'fleet/5/d1/engine/t')[0]?.values).toEqual({ h: 1 })
  })
})

describeFormat('json', {
  vectors: [
    {
      name: 'plain values',
      decode: { json: { observedAt: 'ts' } },
      text: '{"ts":"2026-01-15T10:00:00+01:00","zasedeno":true,"napetost":3.58,"temperatura":-2.5}',
      readings: [{ ts: '2026-01-15T10:00:00+01:00', zasedeno: true, napetost: 3.58, temperatura: -2.5 }],
    },
    {
      name: 'a series of one attribute',
      decode: { json: {} },
      topic: '/json/ABCDEF/id_sen1/attrs/h',
      text: '[{"timestamp":"2025-01-26T12:00:00Z","value":44},{"timestamp":"2025-01-27T09:00:00Z","value":33}]',
      readings: [{ h: 44 }, { h: 33 }],
    },
    {
      name: 'a notification of a Shelly',
      decode: { json: { path: 'params', observedAt: 'params.ts' } },
      topic: 'shelly1minig3-54320464a1d0/events/rpc',
      text: '{"src":"shelly1minig3-54320464a1d0","method":"NotifyStatus","params":{"ts":1736603810.49,"switch:0":{"id":0,"output":false,"source":"HTTP_in"}}}',
      readings: [{ ts: 1736603810.49, 'switch:0': { id: 0, output: false, source: 'HTTP_in' } }],
    },
    {
      name: 'the status of one component of a Shelly as it is, where the profile does not read notifications',
      decode: { json: {} },
      topic: 'shellyplus1pm-a1/status/switch:0',
      text: '{"id":0,"apower":0.0}',
      readings: [{ id: 0, apower: 0 }],
    },
    {
      name: 'the status of one component of a Shelly, as its notification has it',
      decode: { json: { path: 'params', observedAt: 'params.ts' } },
      topic: 'shellyplus1pm-a1/status/switch:0',
      text: '{"id":0,"apower":0.0,"voltage":232.8}',
      readings: [{ 'switch:0': { id: 0, apower: 0, voltage: 232.8 } }],
    },
  ],
})
