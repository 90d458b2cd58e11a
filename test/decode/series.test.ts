import { describe, expect, test } from '@jest/globals'
import { createMessage, createUplink, RECEIVED_AT } from './create-message.ts'
import { decodeAs } from './format-suite.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** A water meter that sends its total, and what has been used in each of some hours from a time on. */
const WATER_METER = {
  bytes: {
    observedAt: 'time',
    fields: {
      time: 'u32le',
      status: 'u8',
      volume: 'u32le',
      loggedAt: 'u32le',
      logged: 'u32le',
      used: { read: 'u16le', count: 3 },
    },
  },
  series: { lists: { volume: 'used' }, every: '1h', observedAt: 'loggedAt', sums: { volume: 'logged' } },
}

function decode(series: object, values: object) {
  const payload = JSON.stringify({ time: '2026-01-15T08:00:00Z', ...values })
  return decodeAs({ json: { observedAt: 'time' }, series }, createMessage(payload)).map(reading => ({
    minutes: (reading.observedAt - Date.parse('2026-01-15T08:00:00Z')) / MINUTE_MS,
    ...reading.values,
  }))
}

describe('a series', () => {
  test('makes a reading of each item, the oldest first, where the newest comes first', () => {
    const series = { lists: { energy: 'energy', power: 'watts' }, every: '-15m' }
    const readings = decode(series, { battery: 90, energy: [12.4, 12.3, 12.1], watts: [400, 800] })
    expect(readings).toEqual([
      { minutes: -30, energy: 12.1 },
      { minutes: -15, energy: 12.3, power: 800 },
      {
        minutes: 0,
        time: '2026-01-15T08:00:00Z',
        battery: 90,
        watts: [400, 800],
        energy: 12.4,
        power: 400,
      },
    ])
  })

  test('begins at a time of its own, and leaves what is no list with its reading', () => {
    const series = { lists: { level: 'log.levels' }, every: '1h', observedAt: 'log.from' }
    const log = { from: '2026-01-15T05:30:00Z', levels: [1.1, null, 1.3] }
    expect(decode(series, { log, battery: 90 })).toEqual([
      { minutes: -150, level: 1.1 },
      { minutes: -30, level: 1.3 },
      { minutes: 0, time: '2026-01-15T08:00:00Z', battery: 90, log },
    ])
  })

  test('reads a time without a zone in the zone of the series', () => {
    const series = {
      lists: { level: 'levels' },
      every: '1h',
      observedAt: 'from',
      timezone: 'Europe/Ljubljana',
    }
    expect(decode(series, { from: '2026-01-15T08:00:00', levels: [1] })[0]).toEqual({
      minutes: -60,
      level: 1,
    })
  })

  test('adds differences to the value that they begin with', () => {
    const hex = 'b0af6869 00 28950100 787e6869 f8930100 1e00 0400 0f00'
    const [first, second, third, last, now, ...others] = decodeAs(
      WATER_METER,
      createMessage(Buffer.from(hex.replaceAll(' ', ''), 'hex')),
    )
    const loggedAt = 0x69687e78 * 1000
    expect([first, second, third, last]).toEqual(
      [103416, 103446, 103450, 103465].map((volume, hour) => ({
        values: { volume },
        observedAt: loggedAt + hour * HOUR_MS,
      })),
    )
    expect(now).toMatchObject({ values: { volume: 103720, status: 0 }, observedAt: 0x6968afb0 * 1000 })
    expect(others).toEqual([])
  })

  test('ends its sums where a difference is not known', () => {
    const series = { lists: { total: 'used' }, every: '1h', sums: { total: 'first' } }
    const totals = (values: object) => decode(series, values).map(reading => Reflect.get(reading, 'total'))
    expect(totals({ first: 10, used: [1, null, 5] })).toEqual([10, 11])
    expect(totals({ first: 'ten', used: [1] })).toEqual([undefined])
  })

  test('takes one value for a list of one, and does without what is not there', () => {
    const series = { lists: { level: 'levels' }, every: '1h' }
    expect(decode(series, { levels: 7 })).toEqual([
      { minutes: 0, time: '2026-01-15T08:00:00Z', levels: 7, level: 7 },
    ])
    expect(decode(series, { battery: 90 })).toEqual([
      { minutes: 0, time: '2026-01-15T08:00:00Z', battery: 90 },
    ])
  })

  test('leaves the way that the frame came with the reading of its time', () => {
    const entities = [
      { type: 'Thing', attributes: { level: { from: 'level' }, rssi: { from: 'link.rssi' } } },
    ]
    const fields = { level: { read: 'u8', count: 2 } }
    const decoder = { bytes: { fields }, series: { lists: { level: 'level' }, every: '-1h' } }
    const readings = decodeAs(decoder, createUplink(Buffer.from([5, 6]), 1), { entities })
    expect(readings.map(({ values }) => values)).toEqual([
      { level: 6 },
      { link: { rssi: -36, snr: 10.5, fPort: 1, fCnt: 7 }, level: 5 },
    ])
  })

  test('is worth a thousand readings at most', () => {
    const series = { lists: { level: 'levels' }, every: '-1s' }
    const levels = Array.from({ length: 1001 }, (_, index) => index)
    expect(() => decode(series, { levels })).toThrow('expected at most 1000 readings in one message')
    expect(decode(series, { levels: levels.slice(1) })).toHaveLength(1000)
  })

  test('that starts when the message came is as old as it is', () => {
    const readings = decodeAs(
      { text: { name: 'level' }, series: { lists: { level: 'level' }, every: '1h' } },
      createMessage('7'),
    )
    expect(readings).toEqual([{ values: { level: 7 }, observedAt: RECEIVED_AT }])
  })
})
