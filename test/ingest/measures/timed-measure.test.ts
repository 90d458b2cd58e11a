import { describe, expect, test } from '@jest/globals'
import { addTime } from '../../../src/ingest/measures/timed-measure.ts'

const T = '2026-02-01T10:00:00Z'

function timed(protocol: 'json' | 'ul', text: string, attribute?: string) {
  const measure = addTime({ protocol, attribute, time: T }, Buffer.from(text))
  return [measure.attribute, measure.payload.toString()]
}

test('without a time a measure is the very bytes that came', () => {
  const payload = Buffer.from('{"t":1}')
  expect(addTime({ protocol: 'json', attribute: 'a', time: undefined }, payload)).toEqual({
    attribute: 'a',
    payload,
  })
})

describe('the time of a request', () => {
  test.each([
    ['{"t":1}', `{"TimeInstant":"${T}","t":1}`],
    [' {  "t" : 1 } ', ` {"TimeInstant":"${T}",  "t" : 1 } `],
    ['{}', `{"TimeInstant":"${T}"}`],
    ['{"a":{"b":[{"c":1}]},"d":2}', `{"TimeInstant":"${T}","a":{"b":[{"c":1}]},"d":2}`],
    ['{"t":12345678901234567890.10}', `{"TimeInstant":"${T}","t":12345678901234567890.10}`],
    ['{"t":"a } \\" {","u":1}', `{"TimeInstant":"${T}","t":"a } \\" {","u":1}`],
    [
      '[{"t":1},{"t":{"x":2}}, {}]',
      `[{"TimeInstant":"${T}","t":1},{"TimeInstant":"${T}","t":{"x":2}}, {"TimeInstant":"${T}"}]`,
    ],
    // Of two members of one name the later one counts.
    ['{"TimeInstant":"own","t":1}', `{"TimeInstant":"${T}","TimeInstant":"own","t":1}`],
    ['č', 'č'],
    ['[1,2]', '[1,2]'],
    ['', ''],
  ])('goes into each object of JSON: %s', (text, expected) => {
    expect(timed('json', text)).toEqual([undefined, expected])
  })

  test.each([
    ['21.50', `[{"timestamp":"${T}","value":21.50}]`],
    [' "on"\n', `[{"timestamp":"${T}","value":"on"}]`],
    ['on', `[{"timestamp":"${T}","value":"on"}]`],
    ['[1,2]', `[{"timestamp":"${T}","value":[1,2]}]`],
    ['[{"timestamp":"own","value":1}]', '[{"timestamp":"own","value":1}]'],
  ])('stands beside the value of one attribute: %s', (text, expected) => {
    expect(timed('json', text, 't')).toEqual(['t', expected])
  })

  test.each([
    ['t|1|h|2', `TimeInstant|${T}|t|1|h|2`],
    ['t|1#2026-01-01T00:00:00Z|t|2', `TimeInstant|${T}|t|1#2026-01-01T00:00:00Z|t|2`],
  ])('goes into each group of Ultralight that has none: %s', (text, expected) => {
    expect(timed('ul', text)).toEqual([undefined, expected])
  })

  test('makes a group of one attribute in Ultralight', () => {
    expect(timed('ul', '21', 't')).toEqual([undefined, `TimeInstant|${T}|t|21`])
  })
})
