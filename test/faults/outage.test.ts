import { afterEach, expect, test } from '@jest/globals'
import { readMemoryMiB } from '../support/memory.ts'
import type { Sensor } from '../support/sensor.ts'
import { TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

/** With TROMOST_LONG=1 a night's work of a town; `npm run bench -- --outage` measures it with a million. */
const IS_LONG = process.env['TROMOST_LONG'] === '1'
const READINGS_PER_SENSOR = IS_LONG ? 50_000 : 2_500
const SENSORS = 20
const READINGS = READINGS_PER_SENSOR * SENSORS
const TIMEOUT_MS = IS_LONG ? 1_200_000 : 180_000
/** What memory may grow by, whatever waits. */
const GROWTH_MIB_MAX = 60

let town: Town

afterEach(() => town.close())

function isAllAcknowledged(sensors: readonly Sensor[], count: number): boolean {
  return sensors.every(({ acknowledged }) => acknowledged.length === count)
}

test(
  'a long outage costs no memory and no reading, also when the agent is killed in the middle of it',
  async () => {
    town = await Town.start({ deviceCount: SENSORS })
    const warmUp = await town.connectSensors()
    for (const sensor of warmUp) sensor.keepPublishing(100, 1_000)
    await until('the warm-up is over', () => isAllAcknowledged(warmUp, 1_000))
    await town.agent.settled(TENANT)
    const idleMiB = readMemoryMiB(town.agent.pid)

    await town.broker.goDown()
    const firsts = new Map(town.devices.map(device => [device, 1_001]))
    const sensors = await town.connectSensors(firsts)
    for (const sensor of sensors) sensor.keepPublishing(100, 1_000 + READINGS_PER_SENSOR)
    const patience = { timeoutMs: TIMEOUT_MS }
    await until('all is acknowledged', () => isAllAcknowledged(sensors, READINGS_PER_SENSOR), patience)
    expect(await town.agent.getBalance(TENANT)).toMatchObject({ waiting: READINGS })
    expect(readMemoryMiB(town.agent.pid) - idleMiB).toBeLessThan(GROWTH_MIB_MAX)

    await town.agent.kill9()
    await town.agent.restart()
    expect(await town.agent.getBalance(TENANT)).toMatchObject({ waiting: READINGS })
    await town.broker.comeUp()
    const total = SENSORS * 1_000 + READINGS
    expect(await town.agent.settled(TENANT, TIMEOUT_MS)).toMatchObject({ received: total, delivered: total })
    expect(readMemoryMiB(town.agent.pid) - idleMiB).toBeLessThan(GROWTH_MIB_MAX)
    for (const device of town.devices)
      expect(town.arrivedOf(device)).toHaveLength(1_000 + READINGS_PER_SENSOR)
    expect(town.broker.faults).toEqual([])
  },
  TIMEOUT_MS,
)
