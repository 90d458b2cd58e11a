import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

const CLOCK = join(import.meta.dirname, '../support/clock.mjs')
const NIGHT_MS = 8 * 3_600_000
const SENSORS = 5
const READINGS = 20

let town: Town

afterEach(() => town.close())

/** The state of its process: T while it is stopped. */
function isAsleep(): boolean {
  return /^State:\tT/m.test(readFileSync(`/proc/${town.agent.pid}/status`, 'utf8'))
}

test('a machine that sleeps for a night loses nothing, and does not try the broker again and again when it wakes', async () => {
  town = await Town.start({
    deviceCount: SENSORS,
    nodeArguments: ['--import', CLOCK],
    files: { 'clock-offset': '0' },
  })
  const sensors = await town.connectSensors()
  town.broker.behave({ kind: 'hang' })
  for (const sensor of sensors) sensor.publish(READINGS)
  await until('all are acknowledged', () =>
    sensors.every(({ acknowledged }) => acknowledged.length === READINGS),
  )
  await until('the broker was asked', () => town.broker.requestCount > 0)
  process.kill(town.agent.pid, 'SIGSTOP')
  await until('it sleeps', isAsleep)
  const asked = town.broker.requestCount
  // Sent into its sleep: the kernel takes it for the agent.
  for (const sensor of sensors) sensor.publish(1)
  town.folder.write('clock-offset', `${NIGHT_MS}`)
  // What was under way when it fell asleep has no other end.
  await town.broker.goDown()
  town.broker.behave({ kind: 'normal' })
  await town.broker.comeUp()
  process.kill(town.agent.pid, 'SIGCONT')

  await until('all are acknowledged', () =>
    sensors.every(({ acknowledged }) => acknowledged.length === READINGS + 1),
  )
  const all = SENSORS * (READINGS + 1)
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: all, delivered: all, skipped: 0 })
  expect(town.broker.requestCount - asked).toBeLessThan(all)
  for (const { device } of sensors) {
    expect(town.arrivedOf(device)).toEqual(Array.from({ length: READINGS + 1 }, (_, index) => index + 1))
  }
  expect(town.broker.faults).toEqual([])
})
