import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { connect } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

/** What the agent may open beyond what it has open. */
const SPARE = 10
const STRANGERS = 40
const SENSORS = 3

let town: Town
let strangers: Socket[] = []

afterEach(async () => {
  for (const socket of strangers) socket.destroy()
  await town.close()
})

function countOpen(): number {
  return readdirSync(`/proc/${town.agent.pid}/fd`).length
}

/** Resolves when it is taken, or closed again. */
function knock(): Promise<Socket> {
  const socket = connectTcp(Number(new URL(town.agent.mqttUrl).port), '127.0.0.1')
  socket.on('error', () => undefined)
  return new Promise(resolve => {
    for (const event of ['connect', 'close'] as const) socket.once(event, () => resolve(socket))
  })
}

test('without file descriptors no reading is lost, connected sensors are served, and all is well once there are some', async () => {
  town = await Town.start({ deviceCount: SENSORS })
  const sensors = await town.connectSensors()
  for (const sensor of sensors) sensor.publish(1)
  expect(await town.agent.settled(TENANT)).toMatchObject({ delivered: SENSORS })
  // No connection to the broker is left either: what is to be delivered from now on needs a descriptor.
  await town.broker.goDown()
  const most = countOpen() + SPARE
  const limit = spawnSync('prlimit', ['--pid', `${town.agent.pid}`, `--nofile=${most}:`])
  expect(limit.status).toBe(0)
  strangers = await Promise.all(Array.from({ length: STRANGERS }, knock))
  await until('none is left', () => countOpen() >= most - 1)

  await town.broker.comeUp()
  for (const sensor of sensors) sensor.publish(10)
  await until('sensors are acknowledged', () =>
    sensors.every(({ acknowledged }) => acknowledged.length === 11),
  )
  expect(sensors.every(({ isConnected }) => isConnected)).toBe(true)

  for (const socket of strangers) socket.destroy()
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 33, delivered: 33 })
  const newcomer = await connect({ url: town.agent.mqttUrl, ...GATEWAY })
  await newcomer.endAsync()
  expect(town.broker.faults).toEqual([])
})
