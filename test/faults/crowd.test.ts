import { afterEach, expect, test } from '@jest/globals'
import { readMemoryMiB } from '../support/memory.ts'
import { connect, type Sensor, toPayload } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

const IS_LONG = process.env['TROMOST_LONG'] === '1'
const CLIENTS = IS_LONG ? 2_000 : 400
const READINGS = 5
const FLOOD_DEVICES = 50
/** All at once, in one session: MQTT has packet ids for 65,535. */
const FLOOD_READINGS = IS_LONG ? 1_200 : 400
/** What memory may grow by, whoever comes. */
const GROWTH_MIB_MAX = 100
const TIMEOUT_MS = 300_000
const PATIENCE = { timeoutMs: 120_000 }

let town: Town

afterEach(() => town.close())

function areAcknowledged(sensors: readonly Sensor[]): boolean {
  return sensors.every(({ acknowledged }) => acknowledged.length === READINGS)
}

test(
  'when all clients of a town come back at once after kill -9, all that they were acknowledged arrives, and memory stays bounded',
  async () => {
    town = await Town.start({ deviceCount: CLIENTS })
    const before = await town.connectSensors()
    for (const sensor of before) sensor.publish(READINGS)
    await until('half of them are acknowledged', () => {
      const count = before.filter(({ acknowledged }) => acknowledged.length > 0).length
      return count >= CLIENTS / 2
    })
    await town.agent.kill9()
    await until('all are cut off', () => before.every(({ isConnected }) => !isConnected))
    await town.agent.restart()
    const idleMiB = readMemoryMiB(town.agent.pid)
    const after = await town.connectSensors(new Map(town.devices.map(device => [device, READINGS + 1])))
    for (const sensor of after) sensor.publish(READINGS)
    await until('all are acknowledged', () => areAcknowledged(after), PATIENCE)
    expect(after.filter(({ isConnected }) => isConnected)).toHaveLength(CLIENTS)
    expect(readMemoryMiB(town.agent.pid) - idleMiB).toBeLessThan(GROWTH_MIB_MAX)
    const balance = await town.agent.settled(TENANT, PATIENCE.timeoutMs)
    expect(balance).toMatchObject({ delivered: balance.received, quarantined: 0 })
    for (const [index, device] of town.devices.entries()) {
      const acknowledged = [...(before[index]?.acknowledged ?? []), ...(after[index]?.acknowledged ?? [])]
      expect({ device, arrived: town.arrivedOf(device) }).toEqual({
        device,
        arrived: expect.arrayContaining(acknowledged),
      })
    }
    expect(town.broker.faults).toEqual([])
  },
  TIMEOUT_MS,
)

test(
  'a flood from one client is taken whole, memory stays bounded, and the readings of others do not wait for its end',
  async () => {
    town = await Town.start({ deviceCount: FLOOD_DEVICES + 1 })
    const quiet = 'six-51'
    const idleMiB = readMemoryMiB(town.agent.pid)
    const flooder = await connect({ url: town.agent.mqttUrl, ...GATEWAY })
    let open = FLOOD_DEVICES * FLOOD_READINGS
    for (let sequence = 1; sequence <= FLOOD_READINGS; sequence += 1) {
      for (const device of town.devices.slice(0, FLOOD_DEVICES)) {
        flooder.publish(`tromost/${device}/up`, toPayload(sequence), { qos: 1 }, error => {
          if (!error) open -= 1
        })
      }
    }
    const client = await connect({ url: town.agent.mqttUrl, ...GATEWAY })
    await client.publishAsync(`tromost/${quiet}/up`, toPayload(1), { qos: 1 })
    expect(open).toBeGreaterThan(0)
    await until('the flood is acknowledged', () => open === 0, PATIENCE)
    expect(readMemoryMiB(town.agent.pid) - idleMiB).toBeLessThan(GROWTH_MIB_MAX)
    await Promise.all([client.endAsync(), flooder.endAsync()])
    const total = FLOOD_DEVICES * FLOOD_READINGS + 1
    expect(await town.agent.settled(TENANT, PATIENCE.timeoutMs)).toMatchObject({
      received: total,
      delivered: total,
    })
    const all = Array.from({ length: FLOOD_READINGS }, (_, index) => index + 1)
    for (const device of town.devices.slice(0, FLOOD_DEVICES)) {
      expect({ device, arrived: town.arrivedOf(device) }).toEqual({ device, arrived: all })
    }
    expect(town.arrivedOf(quiet)).toEqual([1])
    expect(town.broker.faults).toEqual([])
  },
  TIMEOUT_MS,
)
