import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { type Logger, pino } from 'pino'
import { RefusalLog } from '../../src/commands/refusal-log.ts'

let lines: Record<string, unknown>[]
let refusals: RefusalLog

beforeEach(() => {
  jest.useFakeTimers()
  lines = []
  refusals = new RefusalLog(createLog())
})

afterEach(() => {
  refusals.close()
  jest.useRealTimers()
})

test('the first one of a reason and a source has its line, and a thousand more have one with their number', () => {
  for (let count = 0; count <= 1_000; count++) refusals.add('LOGIN_REFUSED', `client c${count}`, '10.0.0.7')
  refusals.add('LOGIN_REFUSED', 'client other', '10.0.0.8')
  refusals.add('TOPIC_FORBIDDEN', 'client c1: x', '10.0.0.7')
  expect(lines.map(({ detail }) => detail)).toEqual(['client c0', 'client other', 'client c1: x'])
  jest.advanceTimersByTime(10_000)
  expect(lines.slice(3)).toMatchObject([
    { code: 'LOGIN_REFUSED', from: '10.0.0.7', times: 1_000, msg: 'refused again' },
  ])
})

test('who was quiet for a while has a line again', () => {
  refusals.add('LOGIN_REFUSED', 'before', '10.0.0.7')
  jest.advanceTimersByTime(10_000)
  refusals.add('LOGIN_REFUSED', 'after', '10.0.0.7')
  expect(lines.map(({ detail }) => detail)).toEqual(['before', 'after'])
})

test('sources without number have few lines, and all are counted', () => {
  for (let count = 0; count < 5_000; count++) refusals.add('LOGIN_REFUSED', 'x', `10.0.${count}`)
  expect(lines.length).toBeLessThanOrEqual(1_001)
  const first = lines.length
  refusals.close()
  expect(first + Number(lines.at(-1)?.['times'])).toBe(5_000)
})

function createLog(): Logger {
  return pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) })
}
