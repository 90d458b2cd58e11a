import { afterEach, expect, test } from '@jest/globals'
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
  const countAcknowledged = () => sensors.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0)
  await until('1,000 are acknowledged', () => countAcknowledged() >= 1_000)
  const { code, stderr } = await town.agent.stop()
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  await until('every sensor knows it', () => sensors.every(({ isConnected }) => !isConnected))
  await town.agent.restart()
  const balance = await town.agent.settled(TENANT)
  expect(balance).toMatchObject({ delivered: balance.received, quarantined: 0 })
  for (const { device, acknowledged } of sensors) {
    const arrived = new Set(town.arrivedOf(device))
    expect(acknowledged.filter(sequence => !arrived.has(sequence))).toEqual([])
  }
  expect(town.broker.faults).toEqual([])
})

test('SIGTERM while the broker hangs does not wait for it for ever, and a second one makes it no less clean', async () => {
  town = await Town.start({ deviceCount: 5 })
  town.broker.behave({ kind: 'hang' })
  const sensors = await town.connectSensors()
  for (const sensor of sensors) sensor.publish(20)
  await until('all are acknowledged', () => sensors.every(({ acknowledged }) => acknowledged.length === 20))
  process.kill(town.agent.pid, 'SIGTERM')
  await until('it stops', () => hasTold('SIGTERM: stopping'))
  expect(await town.agent.stop()).toMatchObject({ code: 0, stderr: '' })
  expect(hasTold('SIGTERM: stopping already')).toBe(true)
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
