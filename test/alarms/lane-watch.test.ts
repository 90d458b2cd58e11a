import { beforeEach, describe, expect, test } from '@jest/globals'
import { LaneWatch } from '../../src/alarms/lane-watch.ts'
import type { LaneReport } from '../../src/draining/protocol.ts'
import { createLane } from '../admin/test-http.ts'
import { NINE, TestAlarms } from './test-alarms.ts'

const MINUTE = 60_000
const DOWN: Partial<LaneReport> = { trouble: 'connect ECONNREFUSED', breaker: 'open' }
const BARRED: Partial<LaneReport> = { trouble: 'HTTP 401', alarm: 'DESTINATION_LOGIN' }

let book: TestAlarms
let watch: LaneWatch

beforeEach(async () => {
  book = await TestAlarms.open()
  watch = new LaneWatch(book.alarms, 5 * MINUTE)
})

/** Gives what is told of one lane at one moment. */
function look(minutes: number, change: Partial<LaneReport> = {}): readonly string[] {
  watch.look([createLane(change)], [], NINE + minutes * MINUTE)
  return book.told()
}

describe('a destination', () => {
  test('that takes nothing for a while is an alarm, until it does again', () => {
    expect(look(0, DOWN)).toEqual([])
    expect(look(4, DOWN)).toEqual([])
    expect(look(5, DOWN)).toEqual(['start destination-down main'])
    expect(book.alarms.standing).toMatchObject([
      { tenant: 'kranj', message: 'takes nothing, 10 messages wait: connect ECONNREFUSED' },
    ])
    expect(look(6, DOWN)).toEqual([])
    expect(look(7)).toEqual(['end destination-down main'])
  })

  test('that came back in between has to be away for as long again', () => {
    look(0, DOWN)
    look(4)
    expect(look(5, DOWN)).toEqual([])
    expect(look(9, DOWN)).toEqual([])
    expect(look(10, DOWN)).toEqual(['start destination-down main'])
  })

  test('that does not let us in is an alarm at once, with the code that says what to do', () => {
    expect(look(0, BARRED)).toEqual(['start destination-barred main'])
    expect(book.alarms.standing).toMatchObject([{ code: 'DESTINATION_LOGIN', severity: 'critical' }])
    expect(look(1, DOWN)).toEqual(['end destination-barred main'])
  })

  test.each([
    ['destination-down', DOWN],
    ['destination-barred', BARRED],
  ])('is still %s after a restart, until it has answered something', async (kind, change) => {
    look(0, change)
    look(5, change)
    book = await book.reopen()
    watch = new LaneWatch(book.alarms, 5 * MINUTE)
    const { roundTripMs: _none, ...untried } = createLane()
    watch.look([untried], [], NINE + 6 * MINUTE)
    expect(book.told()).toEqual([])
    expect(look(7, change)).toEqual([])
    expect(look(8)).toEqual([`end ${kind} main`])
  })
})

describe('a quarantine', () => {
  test('is an alarm for each code that is in it, as long as it is', () => {
    const alarms = [
      { code: 'DECODE_FAILED', messages: 4, since: 0 },
      { code: 'DEVICE_UNKNOWN', messages: 1, since: 0 },
    ]
    expect(look(0, { alarms })).toEqual([
      'start quarantine main/DECODE_FAILED',
      'start quarantine main/DEVICE_UNKNOWN',
    ])
    expect(book.alarms.standing).toMatchObject([
      {
        code: 'DECODE_FAILED',
        message: '4 messages in quarantine: The payload is not what the profile expects.',
      },
      {},
    ])
    expect(look(1, { alarms: alarms.slice(0, 1) })).toEqual(['end quarantine main/DEVICE_UNKNOWN'])
  })

  test('that is nearly full is one, until it is well below', () => {
    const fill = (bytes: number) => look(0, { quarantine: { bytes, maxBytes: 100 } })
    expect(fill(79)).toEqual([])
    expect(fill(80)).toEqual(['start quarantine-full main'])
    expect(fill(70)).toEqual([])
    expect(fill(69)).toEqual(['end quarantine-full main'])
  })
})

test('a balance that does not hold is one, in the words of who found it', () => {
  const broken = { code: 'BALANCE_BROKEN', tenant: 'kranj', destination: 'main', detail: 'one is missing' }
  watch.look([createLane()], [{ ...broken, since: new Date(NINE) }], NINE)
  expect(book.alarms.standing).toMatchObject([
    { kind: 'balance', subject: 'main', code: 'BALANCE_BROKEN', message: 'one is missing' },
  ])
  expect(look(1)).toEqual(['start balance main', 'end balance main'])
})
