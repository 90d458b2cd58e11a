import { afterEach, expect, test } from '@jest/globals'
import { countAcknowledged } from '../support/sensor.ts'
import { TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

let town: Town

afterEach(() => town.close())

function hasTold(message: string): boolean {
  return town.agent.logs.some(({ msg }) => msg === message)
}

test('SIGTERM under load ends with exit code 0 and loses nothing that was acknowledged', async () => {
  town = await Town.start({ deviceCount: 20 })
  const sensors = await town.connectSensors()
  for (const sensor of sensors) sensor.keepPublishing(20)
  await until('1,000 are acknowledged', () => countAcknowledged(sensors) >= 1_000)
  const { code, stderr } = await town.agent.stop()
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  await until('every sensor knows it', () => sensors.every(({ isConnected }) => !isConnected))
  await town.agent.restart()
  const balance = await town.agent.settled(TENANT)
  expect(balance).toMatchObject({ delivered: balance.received, quarantined: 0 })
  expect(town.lostOf(sensors)).toEqual([])
  expect(town.broker.faults).toEqual([])
})

test('SIGTERM while the broker hangs does not wait for it for ever, and a second signal makes it no less clean', async () => {
  town = await Town.start({ deviceCount: 5 })
  town.broker.behave({ kind: 'hang' })
  const sensors = await town.connectSensors()
  for (const sensor of sensors) sensor.publish(20)
  await until('all are acknowledged', () => sensors.every(({ acknowledged }) => acknowledged.length === 20))
  process.kill(town.agent.pid, 'SIGINT')
  expect(await town.agent.stop()).toMatchObject({ code: 0, stderr: '' })
  expect(hasTold('SIGINT: stopping')).not.toBe(hasTold('SIGINT: stopping already'))
  expect(hasTold('SIGTERM: stopping')).not.toBe(hasTold('SIGTERM: stopping already'))
  expect(hasTold('SIGINT: stopping')).not.toBe(hasTold('SIGTERM: stopping'))
  town.broker.behave({ kind: 'normal' })
  await town.agent.restart()
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 100, delivered: 100 })
  expect(town.broker.faults).toEqual([])
})

test('SIGHUP changes nothing: connections stay, and what is sent is acknowledged', async () => {
  town = await Town.start({ deviceCount: 1 })
  const sensors = await town.connectSensors()
  process.kill(town.agent.pid, 'SIGHUP')
  await until('it was heard', () => town.agent.logs.some(({ msg }) => String(msg).startsWith('SIGHUP')))
  for (const sensor of sensors) sensor.publish(1)
  await until('the reading is acknowledged', () =>
    sensors.every(({ acknowledged }) => acknowledged.length === 1),
  )
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 1, delivered: 1 })
})
