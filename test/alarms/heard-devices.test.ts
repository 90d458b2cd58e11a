import { beforeEach, describe, expect, test } from '@jest/globals'
import { HeardDevices, IMPLIED, NO_BATTERY } from '../../src/alarms/heard-devices.ts'
import { loadHeard, saveHeard } from '../../src/alarms/heard-store.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { NINE } from './test-alarms.ts'

const SIX = { tenant: 'kranj', id: 'six-1', profile: 'six' }

let devices: HeardDevices

beforeEach(() => {
  devices = new HeardDevices()
})

function add(change: Partial<typeof SIX> = {}, isImplied = false): number {
  return devices.add({ ...SIX, ...change }, NINE, isImplied) ?? -1
}

describe('the silence of a device', () => {
  test('counts from when it is known, and then from when it was last heard', () => {
    const slot = add()
    expect(devices.getSilence(slot, NINE + 90_000)).toBe(90)
    devices.hear('kranj', 'six-1', NINE + 60_000)
    expect(devices.getSilence(slot, NINE + 90_000)).toBe(30)
  })

  test('does not count the time in which the agent was away', () => {
    const slot = add()
    devices.addAway(50)
    expect(devices.getSilence(slot, NINE + 90_000)).toBe(40)
    devices.addAway(10)
    expect(devices.getSilence(slot, NINE + 90_000)).toBe(30)
    devices.hear('kranj', 'six-1', NINE + 90_000)
    expect(devices.getSilence(slot, NINE + 91_000)).toBe(1)
  })

  test('is not longer by a message that was received earlier', () => {
    const slot = add()
    devices.hear('kranj', 'six-1', NINE + 60_000)
    devices.hear('kranj', 'six-1', NINE + 30_000)
    expect(devices.getSilence(slot, NINE + 60_000)).toBe(0)
  })
})

test('devices of two tenants may have one id', () => {
  const ours = add()
  const theirs = add({ tenant: 'bled' })
  devices.hear('bled', 'six-1', NINE + 1_000)
  expect([devices.fields.heard[ours], devices.fields.heard[theirs]]).toEqual([0, NINE / 1_000 + 1])
})

test('nobody is heard who is not known', () => {
  expect(devices.hear('kranj', 'six-1', NINE)).toBe(false)
  expect(devices.end).toBe(0)
})

test('the place of a device that is gone is taken by another one, which has nothing of it', () => {
  const slot = add()
  devices.hear('kranj', 'six-1', NINE)
  devices.setBattery(slot, 40, NINE)
  devices.remove(slot)
  expect(devices.find('kranj', 'six-1')).toBeUndefined()
  expect(add({ id: 'six-2' })).toBe(slot)
  expect(devices.fields.heard[slot]).toBe(0)
  expect(devices.fields.battery[slot]).toBe(NO_BATTERY)
})

test('a battery is as full as was observed last, whatever comes last', () => {
  const slot = add()
  devices.setBattery(slot, 80.4, NINE)
  devices.setBattery(slot, 90, NINE - 5_000)
  expect(devices.fields.battery[slot]).toBe(80)
  devices.setBattery(slot, 130, NINE + 5_000)
  expect(devices.fields.battery[slot]).toBe(100)
})

test('there are so many devices that are only implied, and no more', () => {
  for (let at = 0; at < 100_000; at++) add({ id: `made-up-${at}` }, true)
  expect(devices.add({ ...SIX, id: 'one-more' }, NINE, true)).toBeUndefined()
  expect(add({ id: 'provisioned' })).toBe(100_000)
  // One that is provisioned now makes room for another one.
  add({ id: 'made-up-7' })
  expect(devices.add({ ...SIX, id: 'one-more' }, NINE, true)).toBe(100_001)
})

describe('what was saved', () => {
  test('is there again, of more devices than one block has', async () => {
    const engine = new MemoryEngine()
    for (let at = 0; at < 5_000; at++) add({ id: `six-${at}`, profile: at % 2 === 0 ? 'even' : 'odd' })
    const implied = add({ id: 'kje-č' }, true)
    devices.hear('kranj', 'six-4999', NINE + 7_000)
    devices.setBattery(4_998, 12, NINE)
    devices.addAway(30)
    await saveHeard(engine, devices, NINE + 9_000)
    const { devices: loaded, savedAt } = await loadHeard(engine)
    expect(savedAt).toBe(NINE + 9_000)
    expect(loaded.end).toBe(5_001)
    expect(loaded.getDevice(4_999)).toEqual({ tenant: 'kranj', id: 'six-4999', profile: 'odd' })
    expect(loaded.getDevice(implied)).toEqual({ tenant: 'kranj', id: 'kje-č', profile: 'six' })
    expect(loaded.hasFlag(implied, IMPLIED)).toBe(true)
    for (const name of ['heard', 'known', 'away', 'battery', 'batteryAt'] as const)
      expect([name, ...loaded.fields[name].subarray(4_990, 5_001)]).toEqual([
        name,
        ...devices.fields[name].subarray(4_990, 5_001),
      ])
  })

  test('is written again only where something has changed', async () => {
    const engine = new MemoryEngine()
    for (let at = 0; at < 5_000; at++) add({ id: `six-${at}` })
    await saveHeard(engine, devices, NINE)
    expect(devices.dirty.size).toBe(0)
    devices.hear('kranj', 'six-4999', NINE + 7_000)
    expect([...devices.dirty]).toEqual([1])
    expect([...devices.changed]).toEqual([])
    await saveHeard(engine, devices, NINE)
    expect((await loadHeard(engine)).devices.fields.heard[4_999]).toBe(NINE / 1_000 + 7)
  })

  test('that could not be is written the next time', async () => {
    const engine = new MemoryEngine()
    add()
    engine.fail(new Error('no space'))
    await expect(saveHeard(engine, devices, NINE)).rejects.toThrow('no space')
    engine.fail()
    await saveHeard(engine, devices, NINE)
    expect((await loadHeard(engine)).devices.find('kranj', 'six-1')).toBe(0)
  })

  test('is nothing at first', async () => {
    expect(await loadHeard(new MemoryEngine())).toMatchObject({ savedAt: undefined, devices: { end: 0 } })
  })
})
