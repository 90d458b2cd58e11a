import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { countAcknowledged, getNext } from '../support/sensor.ts'
import { SmallDisk } from '../support/small-disk.ts'
import { TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

const MIB = 1024 * 1024
const DISK_MIB = 192
const IN_FLIGHT = 20

let disk: SmallDisk | undefined
let town: Town

beforeEach(() => {
  disk = SmallDisk.mount(DISK_MIB)
})

afterEach(async () => {
  await town.close()
  disk?.unmount()
})

test.each(['64MiB', '0B'])(
  'a disk without a free byte, and a reserve of %s: nothing acknowledged is lost, the agent stays, and goes on by itself',
  async diskReserve => {
    // Where nobody may mount, the same is seen without a full disk: this line says that it was so.
    if (disk === undefined) console.warn('no right to mount a small file system: the disk is never full here')
    const journal = { diskReserve, maxBytes: '48MiB', patience: '200ms' }
    const config = disk === undefined ? { journal } : { journal, dataDir: disk.path }
    town = await Town.start({ deviceCount: 5, config })
    const { pid } = town.agent
    const before = await town.connectSensors()
    for (const sensor of before) sensor.keepPublishing(IN_FLIGHT)
    await until('readings are acknowledged', () => countAcknowledged(before) >= 500)

    if (disk !== undefined) {
      // A commit that has begun finds room yet.
      disk.fill(2 * MIB)
      await until('every sensor is cut off', () => before.every(({ isConnected }) => !isConnected))
      await until('the log says why', () => town.agent.logs.some(({ code }) => code === 'DISK_FULL'))
      disk.fill()
    }
    for (const sensor of before) sensor.stopPublishing()
    disk?.clear()
    const after = await town.connectSensors(getNext(before))
    for (const sensor of after) sensor.publish(10)
    await until('readings are acknowledged again', () => countAcknowledged(after) === 50)
    const balance = await town.agent.settled(TENANT)
    expect(balance.delivered).toBe(balance.received)
    expect(town.lostOf([...before, ...after])).toEqual([])
    expect(town.agent.pid).toBe(pid)
    expect(town.broker.faults).toEqual([])
  },
)
