import { afterEach, expect, test } from '@jest/globals'
import { TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

const RESTARTS = process.env['TROMOST_LONG'] === '1' ? 30 : 5
const READINGS = 20
const SENSORS = 10

let town: Town

afterEach(() => town.close())

async function isInTrouble(): Promise<boolean> {
  const { body } = await town.agent.get('/api/v1/lanes')
  return JSON.stringify(body).includes('"trouble"')
}

test('T93: a broker that is restarted again and again under load costs no reading and no order', async () => {
  town = await Town.start({ deviceCount: SENSORS })
  const sensors = await town.connectSensors()
  for (let restart = 1; restart <= RESTARTS; restart += 1) {
    for (const sensor of sensors) sensor.publish(READINGS)
    await town.broker.goDown()
    for (const sensor of sensors) sensor.publish(READINGS)
    await until('the agent notices', isInTrouble)
    await town.broker.comeUp()
  }
  const count = RESTARTS * READINGS * 2
  await until('all are acknowledged', () =>
    sensors.every(({ acknowledged }) => acknowledged.length === count),
  )
  expect(await town.agent.settled(TENANT)).toMatchObject({ delivered: SENSORS * count, quarantined: 0 })
  const all = Array.from({ length: count }, (_, index) => index + 1)
  for (const device of town.devices) expect(town.arrivedOf(device)).toEqual(all)
  expect(town.broker.faults).toEqual([])
}, 120_000)
