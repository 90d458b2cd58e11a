import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { FailingCalls } from '../support/failing-calls.ts'
import { countAcknowledged, getNext, type Sensor } from '../support/sensor.ts'
import { TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

const IN_FLIGHT = 20
const NO_TRACE = 'no strace, or no right to use it: no call fails here'

let town: Town

afterEach(() => town.close())

/** Sensors that have been publishing for a while. */
async function startUnderLoad(): Promise<readonly Sensor[]> {
  town = await Town.start({ deviceCount: 5, config: { journal: { patience: '200ms' } } })
  const sensors = await town.connectSensors()
  for (const sensor of sensors) sensor.keepPublishing(IN_FLIGHT)
  await until('readings are acknowledged', () => countAcknowledged(sensors) >= 500)
  return sensors
}

async function expectRefused(sensors: readonly Sensor[]): Promise<void> {
  await until('every sensor is cut off', () => sensors.every(({ isConnected }) => !isConnected))
  expect(town.agent.logs.some(({ code }) => code === 'JOURNAL_FAILED')).toBe(true)
}

/** The agent takes readings again, and has lost none. */
async function expectRecovered(before: readonly Sensor[]): Promise<void> {
  for (const sensor of before) sensor.stopPublishing()
  const after = await town.connectSensors(getNext(before))
  for (const sensor of after) sensor.publish(10)
  await until('readings are acknowledged again', () => countAcknowledged(after) === 50)
  const balance = await town.agent.settled(TENANT)
  expect(balance).toMatchObject({ delivered: balance.received, quarantined: 0 })
  expect(town.lostOf([...before, ...after])).toEqual([])
  expect(town.broker.faults).toEqual([])
}

test.each(['EIO', 'ENOSPC'])(
  'while fdatasync fails with %s nothing is acknowledged, and the same agent goes on once it succeeds',
  async error => {
    const sensors = await startUnderLoad()
    const { pid } = town.agent
    const calls = await FailingCalls.attach(pid, 'fdatasync', error)
    // Where nobody may trace, the same is seen without a fault: this line says that it was so.
    if (calls === undefined) console.warn(NO_TRACE)
    else {
      await expectRefused(sensors)
      expect(calls.count).toBeGreaterThan(0)
      await calls.detach()
    }
    await expectRecovered(sensors)
    expect(town.agent.pid).toBe(pid)
  },
)

test('while every write fails nothing is acknowledged, and the agent goes on, or ends where the journal has to be opened anew', async () => {
  const sensors = await startUnderLoad()
  const calls = await FailingCalls.attach(town.agent.pid, 'pwrite64', 'EIO')
  if (calls === undefined) console.warn(NO_TRACE)
  else {
    await until('every sensor is cut off', () => sensors.every(({ isConnected }) => !isConnected))
    expect(calls.count).toBeGreaterThan(0)
    await calls.detach()
  }
  const probes = await town.connectSensors(getNext(sensors)).catch(() => [])
  for (const probe of probes) probe.publish(1)
  const isHeard = () => probes.length > 0 && countAcknowledged(probes) === probes.length
  await until('readings are acknowledged, or it ends', () => isHeard() || town.agent.hasEnded)
  const told = town.agent.logs.filter(({ msg }) => /^the journal has to be opened anew/.test(String(msg)))
  expect(told).toHaveLength(town.agent.hasEnded ? 1 : 0)
  if (town.agent.hasEnded) await town.agent.restart()
  await expectRecovered([...sensors, ...probes])
})

test('while the journal file may not grow nothing is acknowledged, and the same agent goes on once it may', async () => {
  const sensors = await startUnderLoad()
  const { pid } = town.agent
  const setLimit = (bytes: number | 'unlimited') =>
    expect(spawnSync('prlimit', ['--pid', `${pid}`, `--fsize=${bytes}:`]).status).toBe(0)
  setLimit(statSync(join(town.folder.path, 'data/journal/data.mdb')).size)
  await expectRefused(sensors)
  setLimit('unlimited')
  await expectRecovered(sensors)
  expect(town.agent.pid).toBe(pid)
})
