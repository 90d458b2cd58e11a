import { describe, expect, test } from '@jest/globals'
import { compileDecoder } from '../../../src/decode/decode.ts'
import { createProfile } from '../../profiles/sound-profile.ts'
import { createMessage, RECEIVED_AT } from '../create-message.ts'
import { describeFormat } from '../format-suite.ts'

function decode(payload: string | Buffer, format: object = {}, topic?: string) {
  return compileDecoder(createProfile({ decode: { text: format } }))(createMessage(payload, topic))
}

describe('decoding text', () => {
  test.each([
    ['25.3', {}, 25.3],
    [' -0.5\r\n', {}, -0.5],
    ['1e3', {}, 1000],
    ['nan', {}, 'nan'],
    ['0x10', {}, '0x10'],
    ['25 °C', {}, '25 °C'],
    ['2,45', {}, '2,45'],
    ['2,45', { decimal: ',' }, 2.45],
    ['1.234', { decimal: ',' }, '1.234'],
    ['7\0', {}, 7],
    ['1e999', {}, '1e999'],
    ['9007199254740991', {}, 9007199254740991],
    ['12345678901234567890', {}, '12345678901234567890'],
  ])('takes %j with %j as a value', (payload, format, value) => {
    expect(decode(payload, format)).toEqual([{ values: { value }, observedAt: RECEIVED_AT }])
  })

  test('names the value as the profile says, or as the topic does', () => {
    expect(decode('1', { name: 'level' })[0]?.values).toEqual({ level: 1 })
    expect(decode('1', { name: 'level' }, '/key/d1/attrs/t')[0]?.values).toEqual({ t: 1 })
  })

  test.each(['', '  ', '\0', 'a\u0007b', Buffer.from([0xc3, 0x28])])('refuses %j', payload => {
    expect(() => decode(payload)).toThrow('DECODE_FAILED')
  })
})

const STATION = {
  text: {
    columns: ['time', 'temperature', 'humidity', 'pressure', 'snow', 'rain'],
    decimal: ',',
    observedAt: 'time',
    timezone: 'Europe/Ljubljana',
  },
}
const LINE = '2026-01-15T10:00:00;-2,4;87;1013,2;;0,0\n'

describeFormat('text', {
  vectors: [
    { name: 'one value', decode: { text: {} }, text: '25.3', readings: [{ value: 25.3 }] },
    {
      name: 'columns with a decimal comma and an empty one',
      decode: STATION,
      text: LINE,
      readings: [{ temperature: -2.4, humidity: 87, pressure: 1013.2, rain: 0 }],
    },
    {
      name: 'pairs',
      decode: { text: { pairs: '=', separator: '&' } },
      text: 't=21.5&h=40&door=open&',
      readings: [{ t: 21.5, h: 40, door: 'open' }],
    },
  ],
})

describe('decoding columns', () => {
  test('makes a reading of each line, at its time in the zone of the profile', () => {
    const lines = `${LINE}\r\n2026-01-15T09:50:00;-2,5;88;1013,1;;0,2`
    expect(decode(lines, STATION.text).map(({ observedAt }) => new Date(observedAt).toISOString())).toEqual([
      '2026-01-15T09:00:00.000Z',
      '2026-01-15T08:50:00.000Z',
    ])
  })

  test('passes over a header and columns that are not used', () => {
    const format = { columns: ['time', '-', 't'], separator: '\t' }
    expect(decode('time\tstatus\tt\n1\tok\t2.5', format)).toEqual([
      { values: { time: 1, t: 2.5 }, observedAt: RECEIVED_AT },
    ])
  })

  test('takes quoted fields with separators and quotes in them', () => {
    expect(decode('"2026-01-15 10:00","a ""b"", c",3', { columns: ['at', 'note', 'n'] })[0]?.values).toEqual({
      at: '2026-01-15 10:00',
      note: 'a "b", c',
      n: 3,
    })
  })

  test('leaves out a field that is empty in quotes, and spaces around the others', () => {
    const format = { columns: ['a', 'b', 'c'] }
    expect(decode(' on ,"" , 7 \t', format)[0]?.values).toEqual({ a: 'on', c: 7 })
  })

  test.each([
    ['1;2', '6 columns with ";" between them, got 1;2'],
    [LINE.slice(0, 30), '6 columns with ";" between them, got 2026-01-15T10:00:00;-2,4;87;10'],
    ['\n\n', 'lines of text, got \\u{a}\\u{a}'],
    ['a\u0007;b', 'lines of text, got a\\u{7};b'],
  ])('refuses %j', (text, problem) => {
    expect(() => decode(text, STATION.text)).toThrow(`DECODE_FAILED: expected ${problem}`)
  })
})

describe('decoding pairs', () => {
  test('makes a reading of each line, with the time under its name', () => {
    const format = { pairs: ':', separator: ' ', observedAt: 'ts' }
    expect(decode('ts:1768392064 t:1\nts:1768392065 t:2', format)).toEqual([
      { values: { t: 1 }, observedAt: 1768392064_000 },
      { values: { t: 2 }, observedAt: 1768392065_000 },
    ])
  })

  test.each([
    ['t', 'pairs such as name=value with "," between them, got t'],
    ['=1', 'pairs such as name=value with "," between them, got =1'],
    ['__proto__=1', 'no key named __proto__, got __proto__=1'],
  ])('refuses %j', (text, problem) => {
    expect(() => decode(text, { pairs: '=' })).toThrow(`DECODE_FAILED: expected ${problem}`)
  })
})

describe('a topic of Homie', () => {
  test.each(['homie/5/super-car/engine/temperature', 'homie/super-car/engine/temperature'])(
    'names node and property of the value: %s',
    topic => {
      expect(decode('21.5', {}, topic)[0]?.values).toEqual({ engine: { temperature: 21.5 } })
    },
  )

  test('that describes the device gives no reading', () => {
    expect(decode('{"homie":"5.0"}', {}, 'homie/5/super-car/$description')).toEqual([])
    expect(decode('°C', {}, 'homie/super-car/engine/temperature/$unit')).toEqual([])
  })
})
