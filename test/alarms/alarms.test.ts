import { beforeEach, describe, expect, test } from '@jest/globals'
import type { Finding } from '../../src/alarms/alarm.ts'
import { NINE, TestAlarms } from './test-alarms.ts'

const DOWN: Finding = {
  ...{ kind: 'destination-down', tenant: 'kranj', subject: 'main' },
  ...{ severity: 'warning', message: 'connect ECONNREFUSED' },
}
const SILENT: Finding = {
  ...{ kind: 'device-silent', tenant: 'kranj', subject: 'six-1' },
  ...{ severity: 'warning', message: 'last heard at eight' },
}

let book: TestAlarms

beforeEach(async () => {
  book = await TestAlarms.open()
})

describe('an alarm', () => {
  test('starts once and ends once, however often that is said', () => {
    book.alarms.open(DOWN, NINE)
    book.alarms.open(DOWN, NINE + 1_000)
    expect(book.alarms.standing).toEqual([{ id: 1, ...DOWN, since: NINE }])
    book.alarms.close(DOWN, NINE + 2_000)
    book.alarms.close(DOWN, NINE + 3_000)
    expect(book.alarms.standing).toEqual([])
    expect(book.told()).toEqual(['start destination-down main', 'end destination-down main'])
  })

  test('is another one when it starts again', () => {
    book.alarms.open(DOWN, NINE)
    book.alarms.close(DOWN, NINE + 1)
    book.alarms.open(DOWN, NINE + 2)
    expect(book.alarms.list({ limit: 9 })).toMatchObject([
      { id: 2, since: NINE + 2 },
      { id: 1, since: NINE, until: NINE + 1 },
    ])
  })

  test('changes its words in silence, and its severity only upwards aloud', () => {
    book.alarms.open(DOWN, NINE)
    book.alarms.open({ ...DOWN, message: 'HTTP 503' }, NINE)
    expect(book.told()).toEqual(['start destination-down main'])
    book.alarms.open({ ...DOWN, severity: 'critical' }, NINE)
    expect(book.told()).toEqual(['worse destination-down main'])
    book.alarms.open({ ...DOWN, severity: 'info' }, NINE)
    expect(book.told()).toEqual([])
  })

  test('of another tenant is another one', () => {
    book.alarms.open(DOWN, NINE)
    book.alarms.open({ ...DOWN, tenant: 'bled' }, NINE)
    book.alarms.close(DOWN, NINE)
    expect(book.alarms.standing).toMatchObject([{ tenant: 'bled' }])
  })
})

test('what was found of some kinds is all that stands of them, and others stay', () => {
  book.alarms.open(SILENT, NINE)
  book.alarms.settle(['destination-down'], [DOWN], NINE)
  expect(book.standing).toEqual(['device-silent six-1', 'destination-down main'])
  book.alarms.settle(['destination-down'], [{ ...DOWN, subject: 'mirror' }], NINE)
  expect(book.standing).toEqual(['device-silent six-1', 'destination-down mirror'])
})

describe('after a restart', () => {
  test('what stood stands, under its number and since the same time, and is not told again', async () => {
    book.alarms.open(DOWN, NINE)
    const next = await book.reopen()
    next.alarms.open(DOWN, NINE + 60_000)
    expect(next.alarms.standing).toEqual([{ id: 1, ...DOWN, since: NINE }])
    expect(next.told()).toEqual([])
  })

  test('what had ended is still listed, and no number is given twice', async () => {
    book.alarms.open(DOWN, NINE)
    book.alarms.close(DOWN, NINE + 1)
    const next = await book.reopen()
    next.alarms.open(SILENT, NINE + 2)
    expect(next.alarms.list({ limit: 9 }).map(({ id, kind }) => [id, kind])).toEqual([
      [2, 'device-silent'],
      [1, 'destination-down'],
    ])
  })
})

test('alarms that ended are kept up to a bound, and on disk no longer than that', async () => {
  for (let at = 0; at < 10_003; at++) {
    book.alarms.open(DOWN, NINE + at)
    book.alarms.close(DOWN, NINE + at)
  }
  const next = await book.reopen()
  for (const { alarms } of [book, next]) {
    expect(alarms.list({ limit: 20_000 })).toHaveLength(10_000)
    expect(alarms.list({ limit: 20_000 }).at(-1)?.id).toBe(4)
  }
})

describe('a list', () => {
  beforeEach(() => {
    book.alarms.open(DOWN, NINE)
    book.alarms.open(SILENT, NINE)
    book.alarms.open({ ...SILENT, tenant: 'bled' }, NINE)
    book.alarms.close(SILENT, NINE)
  })

  test.each([
    [{}, [3, 2, 1]],
    [{ state: 'open' }, [3, 1]],
    [{ state: 'ended' }, [2]],
    [{ kind: 'device-silent' }, [3, 2]],
    [{ tenant: 'kranj' }, [2, 1]],
    [{ before: 3 }, [2, 1]],
    [{ limit: 1 }, [3]],
  ] as const)('for %j has the newest first', (query, ids) => {
    expect(book.alarms.list({ limit: 9, ...query }).map(({ id }) => id)).toEqual(ids)
  })
})

test('a store that cannot be written is told once, holds up nobody, and has everything when it can', async () => {
  const lines: object[] = []
  const log = { info: () => {}, warn: () => {}, error: (fields: object) => lines.push(fields) }
  book = await TestAlarms.open(book.engine, log)
  book.engine.fail(new Error('no space left on device'))
  book.alarms.open({ ...DOWN, severity: 'info' }, NINE)
  await book.alarms.save()
  book.alarms.open({ ...SILENT, severity: 'info' }, NINE)
  await book.alarms.save()
  expect(book.told()).toEqual(['start destination-down main', 'start device-silent six-1'])
  expect(lines).toEqual([{ error: 'no space left on device', msg: 'alarms could not be saved' }])
  book.engine.fail()
  expect((await book.reopen()).standing).toEqual(['destination-down main', 'device-silent six-1'])
})

test('start and end are lines of the log, as loud as the alarm is severe', async () => {
  const lines: [string, object][] = []
  const tell = (level: string) => (fields: object) => lines.push([level, fields])
  book = await TestAlarms.open(book.engine, { info: tell('info'), warn: tell('warn'), error: tell('error') })
  book.alarms.open({ ...DOWN, severity: 'critical' }, NINE)
  book.alarms.open(SILENT, NINE)
  book.alarms.close(DOWN, NINE + 1)
  const place = { kind: 'destination-down', tenant: 'kranj', subject: 'main' }
  expect(lines).toMatchObject([
    ['error', { ...place, detail: 'connect ECONNREFUSED', msg: 'an alarm began' }],
    ['warn', { kind: 'device-silent', msg: 'an alarm began' }],
    ['info', { ...place, since: '2026-01-15T09:00:00.000Z', msg: 'an alarm has ended' }],
  ])
})
