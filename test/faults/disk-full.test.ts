import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { countAcknowledged, getNext } from '../support/sensor.ts'
import { TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

const MIB = 1024 * 1024
/** The agent is to leave free all that is free now but this; so a file of twice the size fills the disk for it. */
const ROOM_BYTES = 128 * MIB
const IN_FLIGHT = 20

const filler = join(mkdtempSync(join(tmpdir(), 'tromost-filler-')), 'filler')
let town: Town

afterEach(async () => {
  rmSync(filler, { force: true })
  await town.close()
})

function getFreeBytes(): number {
  const { bavail, bsize } = statfsSync(tmpdir())
  return bavail * bsize
}

/** Writes real bytes: a file with holes would take no room. */
function fillDisk(): void {
  for (let written = 0; written < 2 * ROOM_BYTES; written += 16 * MIB) {
    writeFileSync(filler, Buffer.alloc(16 * MIB, 1), { flag: 'a' })
  }
}

test('a full disk loses nothing that was acknowledged, acknowledges nothing, and the same agent goes on once there is room', async () => {
  const diskReserve = `${getFreeBytes() - ROOM_BYTES}B`
  town = await Town.start({ deviceCount: 5, config: { journal: { diskReserve } } })
  const { pid } = town.agent
  const before = await town.connectSensors()
  for (const sensor of before) sensor.keepPublishing(IN_FLIGHT)
  await until('readings are acknowledged', () => countAcknowledged(before) >= 200)

  fillDisk()
  await until('every sensor is cut off', () => before.every(({ isConnected }) => !isConnected))
  expect(town.agent.logs.some(({ code }) => code === 'DISK_FULL')).toBe(true)
  const during = await town.connectSensors(getNext(before))
  for (const sensor of during) sensor.publish(1)
  await until('sensors that come back are cut off again', () =>
    during.every(({ isConnected }) => !isConnected),
  )
  expect(countAcknowledged(during)).toBe(0)

  rmSync(filler)
  await until(
    'the disk has room again',
    () => getFreeBytes() > Number.parseInt(diskReserve, 10) + ROOM_BYTES / 2,
  )
  const after = await town.connectSensors(getNext(during))
  for (const sensor of after) sensor.publish(10)
  await until('readings are acknowledged again', () => countAcknowledged(after) === 50)
  expect(town.agent.pid).toBe(pid)
  const balance = await town.agent.settled(TENANT)
  expect(balance.delivered).toBe(balance.received)
  expect(town.lostOf([...before, ...after])).toEqual([])
  expect(town.broker.faults).toEqual([])
})
