import { readFileSync } from 'node:fs'
import { beforeEach, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { Batteries } from '../../src/draining/batteries.ts'
import { compileMapper } from '../../src/map/map.ts'
import { Seen } from '../../src/map/seen.ts'
import { DEVICE_STATUS } from '../../src/profiles/device-status.ts'
import { type Profile, profileSchema } from '../../src/profiles/profile.ts'

const TEXT = readFileSync('test/support/profiles/test-six.yaml', 'utf8')

let batteries: Batteries

beforeEach(() => {
  batteries = new Batteries()
})

function createProfile(change: (text: string) => string = text => text): Profile {
  return profileSchema.parse(parse(change(TEXT)))
}

function map(profile: Profile, values: Readonly<Record<string, unknown>>, observedAt = 1_000): void {
  const device = { id: 'six-1', tenant: 'kranj', profile: 'test-six', attributes: {} }
  compileMapper(profile, batteries.listenTo(profile))({ values, observedAt }, device)
}

test('a level is a part of one in the models, and percent here', () => {
  map(createProfile(), { battery: 87 })
  expect(batteries.take()).toEqual([{ tenant: 'kranj', device: 'six-1', percent: 87, at: 1_000 }])
})

test('a level whose unit is percent stays as it is', () => {
  const inPercent = (text: string) =>
    text.replace('{ from: battery, scale: 0.01, unit: C62, min: 0, max: 1 }', '{ from: battery, unit: P1 }')
  map(createProfile(inPercent), { battery: 87 })
  expect(batteries.take()).toMatchObject([{ percent: 87 }])
})

test('each level is given once, and only the last one observed', () => {
  map(createProfile(), { battery: 40 }, 2_000)
  map(createProfile(), { battery: 50 }, 1_000)
  expect(batteries.take()).toMatchObject([{ percent: 40, at: 2_000 }])
  expect(batteries.take()).toEqual([])
})

test('a device that goes on sending is told of each time that it is asked for, and others with it', () => {
  const profile = createProfile()
  const mapReading = compileMapper(profile, batteries.listenTo(profile))
  const seen = new Map(['six-1', 'six-2'].map(id => [id, new Seen()]))
  const send = (id: string, battery: number, observedAt: number) => {
    const device = { id, tenant: 'kranj', profile: 'test-six', attributes: {} }
    mapReading({ values: { battery }, observedAt }, device, seen.get(id))
  }
  send('six-1', 40, 1_000)
  send('six-1', 39, 2_000)
  expect(batteries.take()).toMatchObject([{ device: 'six-1', percent: 39, at: 2_000 }])
  send('six-2', 80, 3_000)
  send('six-1', 38, 3_000)
  expect(batteries.take()).toMatchObject([
    { device: 'six-2', percent: 80, at: 3_000 },
    { device: 'six-1', percent: 38, at: 3_000 },
  ])
})

test('as many devices as a large town has are told of', () => {
  const profile = createProfile()
  const mapReading = compileMapper(profile, batteries.listenTo(profile))
  for (let number = 0; number < 1_000; number++) {
    const device = { id: `six-${number}`, tenant: 'kranj', profile: 'test-six', attributes: {} }
    mapReading({ values: { battery: number / 10 }, observedAt: number }, device)
  }
  const told = batteries.take()
  expect(told.map(({ device, percent, at }) => [device, Math.round(percent * 10), at])).toEqual(
    Array.from({ length: 1_000 }, (_, number) => [`six-${number}`, number, number]),
  )
})

test('a reading without a battery, or with one that does not fit, says nothing', () => {
  map(createProfile(), { temperature: 20 })
  map(createProfile(), { battery: 255 })
  expect(batteries.take()).toEqual([])
})

test('what the agent itself says of a battery is no news of it', () => {
  map(DEVICE_STATUS, { state: 'ok', battery: { percent: 87, at: '2026-01-15T09:00:00.000Z' } })
  expect(batteries.take()).toEqual([])
})

test('a profile that says nothing of batteries is not listened to', () => {
  const profile = createProfile(text => text.replace('batteryLevel:', 'level:'))
  expect(batteries.listenTo(profile)).toBe(undefined)
})
