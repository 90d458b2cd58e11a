import { randomInt } from 'node:crypto'
import { afterEach, expect, test } from '@jest/globals'
import { countAcknowledged, getNext } from '../support/sensor.ts'
import { TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

/** Some minutes of dying with TROMOST_LONG=1. */
const ROUNDS = process.env['TROMOST_LONG'] === '1' ? 100 : 10
const IN_FLIGHT_PER_SENSOR = 20
const ACKNOWLEDGED_MIN = 100
const ACKNOWLEDGED_MAX = 1_500
const TIMEOUT_MS = ROUNDS * 18_000

let town: Town

afterEach(() => town.close())

test(
  'every acknowledged reading reaches the broker after kill -9 at a random moment under load',
  async () => {
    town = await Town.start({ deviceCount: 20 })
    const acknowledged = new Map(town.devices.map(device => [device, new Set<number>()]))
    let nextOfDevice: ReadonlyMap<string, number> = new Map()
    for (let round = 1; round <= ROUNDS; round += 1) {
      const sensors = await town.connectSensors(nextOfDevice)
      for (const sensor of sensors) sensor.keepPublishing(IN_FLIGHT_PER_SENSOR)
      const enough = randomInt(ACKNOWLEDGED_MIN, ACKNOWLEDGED_MAX)
      await until(`${enough} readings are acknowledged`, () => countAcknowledged(sensors) >= enough)
      await town.agent.kill9()
      await Promise.all(sensors.map(sensor => sensor.close()))
      for (const sensor of sensors) {
        for (const sequence of sensor.acknowledged) acknowledged.get(sensor.device)?.add(sequence)
      }
      nextOfDevice = getNext(sensors)
      await town.agent.restart()
      // Looking at it holds it to its equation, in the middle of catching up.
      const { received } = await town.agent.getBalance(TENANT)
      const total = [...acknowledged.values()].reduce((sum, sequences) => sum + sequences.size, 0)
      expect(received).toBeGreaterThanOrEqual(total)
    }
    const balance = await town.agent.settled(TENANT)
    expect(balance).toMatchObject({ delivered: balance.received, quarantined: 0 })
    for (const device of town.devices) {
      const arrived = new Set(town.arrivedOf(device))
      const lost = [...(acknowledged.get(device) ?? [])].filter(sequence => !arrived.has(sequence))
      expect({ device, lost }).toEqual({ device, lost: [] })
      expect(town.arrivedOf(device)).toEqual([...arrived].map(Number).sort((a, b) => a - b))
    }
    expect(town.broker.faults).toEqual([])
  },
  TIMEOUT_MS,
)
