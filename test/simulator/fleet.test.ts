import { expect, test } from '@jest/globals'
import { getFleet } from '../../src/simulator/fleet.ts'
import { TOWN } from '../../src/simulator/town.ts'

test('the town has about forty sensors of twelve types', () => {
  expect(TOWN.length).toBeGreaterThanOrEqual(38)
  expect(TOWN.length).toBeLessThanOrEqual(46)
  expect(new Set(TOWN.map(sensor => sensor.profile)).size).toBe(12)
})

test('one sensor falls silent and one talks nonsense, and neither is copied', () => {
  const faults = getFleet(2000).flatMap(sensor => sensor.fault ?? [])
  expect(faults.toSorted()).toEqual(['nonsense', 'silent'])
})

test('all sensors stand in Kranj, however many there are', () => {
  const outside = getFleet(10_000).filter(({ location: [longitude, latitude] }) => {
    return longitude < 14.3 || longitude > 14.42 || latitude < 46.21 || latitude > 46.28
  })
  expect(outside).toEqual([])
})

test('ten thousand sensors have ten thousand ids that a topic can hold', () => {
  const ids = getFleet(10_000).map(sensor => sensor.device)
  expect(new Set(ids).size).toBe(10_000)
  expect(ids.filter(id => !/^[A-Za-z0-9_-]{6,64}$/.test(id))).toEqual([])
})

test('LoRaWAN devices have an EUI of sixteen hexadecimal digits', () => {
  const lorawan = getFleet(3000).filter(({ profile }) => /nwave|decentlab|milesight|dragino/.test(profile))
  expect(lorawan.filter(({ device }) => !/^[0-9a-f]{16}$/.test(device))).toEqual([])
})

test('a small fleet has one sensor of each type', () => {
  expect(new Set(getFleet(12).map(sensor => sensor.profile)).size).toBe(12)
})

test('a fleet of n is the start of every larger fleet', () => {
  expect(getFleet(500).slice(0, 100)).toEqual(getFleet(100))
  expect(getFleet(0)).toEqual([])
})
