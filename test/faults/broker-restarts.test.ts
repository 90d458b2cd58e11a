import { afterEach, expect, test } from '@jest/globals'
import { TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

const RESTARTS = process.env['TROMOST_LONG'] === '1' ? 30 : 6
const READINGS_PER_SENSOR = 300
const SENSORS = 10

let town: Town

afterEach(() => town.close())

test('T93: a broker that is restarted again and again under load costs no reading and no order', async () => {
  town = await Town.start({ deviceCount: SENSORS })
  const sensors = await town.connectSensors()
  for (const sensor of sensors) sensor.keepPublishing(5, READINGS_PER_SENSOR)
  for (let restart = 1; restart <= RESTARTS; restart += 1) {
    const before = town.broker.requestCount
    await until('the broker is asked', () => town.broker.requestCount > before)
    await town.broker.goDown()
    const isOpen = async () => {
      const { body } = await town.agent.get('/api/v1/lanes')
      return JSON.stringify(body).includes('"trouble"')
    }
    const isOver = () => sensors.every(({ acknowledged }) => acknowledged.length === READINGS_PER_SENSOR)
    await until('the agent notices', async () => isOver() || (await isOpen()))
    await town.broker.comeUp()
    if (isOver()) break
  }
  const isAcknowledged = () =>
    sensors.every(({ acknowledged }) => acknowledged.length === READINGS_PER_SENSOR)
  await until('all are acknowledged', isAcknowledged)
  const balance = await town.agent.settled(TENANT)
  expect(balance).toMatchObject({ delivered: SENSORS * READINGS_PER_SENSOR, quarantined: 0 })
  const all = Array.from({ length: READINGS_PER_SENSOR }, (_, index) => index + 1)
  for (const device of town.devices) expect(town.arrivedOf(device)).toEqual(all)
  expect(town.broker.faults).toEqual([])
}, 120_000)
