import { expect, test } from '@jest/globals'
import { findNearName } from '../../src/profiles/near-name.ts'

const NAMES = ['temperature', 'relativeHumidity', 'line_1_in', 'em:0.power', 'pm10']

test.each([
  ['temprature', 'temperature'],
  ['temperatrue', 'temperature'],
  ['Temperature', 'temperature'],
  ['relativehumidty', 'relativeHumidity'],
  ['em:0.powr', 'em:0.power'],
  ['temper', undefined],
  // Another number is another name, and of two letters there is nothing to guess from.
  ['line_3_in', undefined],
  ['pm25', undefined],
  ['em:0.pf', undefined],
  ['', undefined],
])('for %j %j was probably meant', (name, meant) => {
  expect(findNearName(name, NAMES)).toBe(meant)
})

test('the nearest of several is meant', () => {
  expect(findNearName('humidty', ['humility', 'humidity'])).toBe('humidity')
})
