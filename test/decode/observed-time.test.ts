import { describe, expect, test } from '@jest/globals'
import { compileObservedTime } from '../../src/decode/observed-time.ts'
import { RECEIVED_AT } from './create-message.ts'

const getObservedAt = (value: unknown, timezone = 'UTC', receivedAt = RECEIVED_AT) =>
  new Date(compileObservedTime(timezone)(value, { receivedAt })).toISOString()

describe('the observed time', () => {
  test.each([
    ['2026-01-14T12:00:00Z', '2026-01-14T12:00:00.000Z'],
    ['2026-01-14T12:00:00.775023242+00:00', '2026-01-14T12:00:00.775Z'],
    ['2026-01-14T12:00:00+01:00', '2026-01-14T11:00:00.000Z'],
    ['2026-01-14 12:00:00-0330', '2026-01-14T15:30:00.000Z'],
    ['2026-01-14T12:00+01', '2026-01-14T11:00:00.000Z'],
    [1768392000, '2026-01-14T12:00:00.000Z'],
    [1768392000.655, '2026-01-14T12:00:00.655Z'],
    [1768392000655, '2026-01-14T12:00:00.655Z'],
    ['1768392000', '2026-01-14T12:00:00.000Z'],
    ['2025-12-14T23:59:60Z', '2025-12-15T00:00:00.000Z'],
    ['2026-01-14t12:00:00z', '2026-01-14T12:00:00.000Z'],
    ['2026-01-14T12:00:00,5-03', '2026-01-14T15:00:00.500Z'],
    ['2000-01-01T00:00:00Z', '2000-01-01T00:00:00.000Z'],
    ['2026-01-16T09:00:00Z', '2026-01-16T09:00:00.000Z'],
  ])('is read from %j', (value, expected) => {
    expect(getObservedAt(value)).toBe(expected)
  })

  test.each([
    undefined,
    null,
    true,
    {},
    '',
    'yesterday',
    0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '1111-11-11T11:11:11Z',
    '1999-12-31T23:59:59.999Z',
    '2026-01-16T09:00:00.001Z',
    '2025-02-30T00:00:00Z',
    '2025-13-01T00:00:00Z',
    '2025-01-01T24:00:00Z',
    '2025-01-01T00:60:00Z',
    '2025-01-01T00:00:61Z',
    '2025-01-01T00:00:00Z and more',
    [1768392000],
    15868685461234,
  ])('falls back to when it was received for %j', value => {
    expect(getObservedAt(value)).toBe('2026-01-15T09:00:00.000Z')
  })

  test.each([
    ['2026-01-14T12:00:00', '2026-01-14T11:00:00.000Z'],
    ['2025-07-14T12:00:00', '2025-07-14T10:00:00.000Z'],
    ['2025-03-30T01:59:59', '2025-03-30T00:59:59.000Z'],
    ['2025-03-30T03:00:00', '2025-03-30T01:00:00.000Z'],
    ['2025-03-30T02:30:00', '2025-03-30T01:30:00.000Z'],
    ['2025-10-26T03:00:00', '2025-10-26T02:00:00.000Z'],
  ])('without a zone is local: %s', (value, expected) => {
    expect(getObservedAt(value, 'Europe/Ljubljana')).toBe(expected)
  })

  test('in the hour that comes twice is the one nearer to when it was received', () => {
    const early = Date.parse('2025-10-26T00:30:01Z')
    const late = Date.parse('2025-10-26T01:30:01Z')
    expect(getObservedAt('2025-10-26T02:30:00', 'Europe/Ljubljana', early)).toBe('2025-10-26T00:30:00.000Z')
    expect(getObservedAt('2025-10-26T02:30:00', 'Europe/Ljubljana', late)).toBe('2025-10-26T01:30:00.000Z')
  })

  test.each([
    ['yesterday', '"yesterday"'],
    [0, '0'],
    ['2026-01-16T09:00:00.001Z', '"2026-01-16T09:00:00.001Z"'],
    ['2026-01-14T12:00:00Z', undefined],
    ['', undefined],
    [null, undefined],
    [undefined, undefined],
  ])('of %j is noted where it is a time that was not believed', (value, expected) => {
    const frame: { receivedAt: number; doubtfulTime?: string } = { receivedAt: RECEIVED_AT }
    compileObservedTime('UTC')(value, frame)
    expect(frame.doubtfulTime).toBe(expected)
  })

  test('with a zone of its own does not take the one of the profile', () => {
    expect(getObservedAt('2026-01-14T12:00:00Z', 'Europe/Ljubljana')).toBe('2026-01-14T12:00:00.000Z')
  })
})
