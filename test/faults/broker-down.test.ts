import { afterEach, expect, test } from '@jest/globals'
import { TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

/** Several seconds show the same code at work; the minute of the contract is for a run that has the time. */
const DOWN_MS = process.env['TROMOST_LONG'] === '1' ? 60_000 : 4_000
const READINGS_PER_SENSOR = 250
const SENSORS = 20
const TIMEOUT_MS = DOWN_MS + 60_000

let town: Town

afterEach(() => town.close())

test(
  'a broker that is down costs no reading and no order, and delivery resumes by itself',
  async () => {
    town = await Town.start({ deviceCount: SENSORS })
    const sensors = await town.connectSensors()
    for (const sensor of sensors) sensor.keepPublishing(5, READINGS_PER_SENSOR)
    await until('the first readings have arrived', () => town.broker.store.ids.length === SENSORS)
    await town.broker.goDown()
    const downSince = Date.now()
    const isAllAcknowledged = () =>
      sensors.every(({ acknowledged }) => acknowledged.length === READINGS_PER_SENSOR)
    await until('sensors are served while the broker is down', isAllAcknowledged)
    const whileDown = await town.agent.getBalance(TENANT)
    expect(whileDown.received).toBe(SENSORS * READINGS_PER_SENSOR)
    expect(whileDown.waiting).toBeGreaterThan(0)
    await until('the broker has been down long enough', () => Date.now() - downSince >= DOWN_MS, {
      timeoutMs: DOWN_MS + 1_000,
    })
    await town.broker.comeUp()
    const balance = await town.agent.settled(TENANT)
    expect(balance).toMatchObject({ delivered: SENSORS * READINGS_PER_SENSOR, quarantined: 0 })
    const all = Array.from({ length: READINGS_PER_SENSOR }, (_, index) => index + 1)
    for (const device of town.devices) expect(town.arrivedOf(device)).toEqual(all)
    for (const sensor of sensors) sensor.publish(1)
    const hasNext = (device: string) => town.arrivedOf(device).length === READINGS_PER_SENSOR + 1
    await until('the next readings arrive as usual', () => town.devices.every(hasNext))
    expect(town.broker.faults).toEqual([])
  },
  TIMEOUT_MS,
)

test('an agent that is started while its broker is down takes readings and delivers them later', async () => {
  town = await Town.start({ deviceCount: 3 })
  await town.broker.goDown()
  await town.agent.kill9()
  await town.agent.restart()
  const sensors = await town.connectSensors()
  for (const sensor of sensors) sensor.publish(10)
  await until('all are acknowledged', () => sensors.every(({ acknowledged }) => acknowledged.length === 10))
  await town.broker.comeUp()
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 30, delivered: 30 })
  expect(town.broker.faults).toEqual([])
})
