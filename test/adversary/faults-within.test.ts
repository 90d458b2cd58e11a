import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { countAcknowledged, getNext, type Sensor } from '../support/sensor.ts'
import { TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

const MISCHIEF = ['--import', join(import.meta.dirname, '../support/mischief.mjs')]
/** Of the main thread alone: enough to work with, and soon eaten. */
const SMALL_HEAP = '--max-old-space-size=96'
const IN_FLIGHT = 20

let town: Town

afterEach(() => town.close())

/** Sensors that are publishing when it happens. */
async function startUnderLoad(nodeArguments: readonly string[] = []): Promise<readonly Sensor[]> {
  town = await Town.start({ deviceCount: 5, nodeArguments: [...MISCHIEF, ...nodeArguments] })
  const sensors = await town.connectSensors()
  for (const sensor of sensors) sensor.keepPublishing(IN_FLIGHT)
  await until('readings are acknowledged', () => countAcknowledged(sensors) >= 300)
  return sensors
}

function provoke(mischief: string): void {
  town.folder.write('mischief', mischief)
  process.kill(town.agent.pid, 'SIGUSR2')
}

async function expectNothingLost(sensors: readonly Sensor[]): Promise<void> {
  const balance = await town.agent.settled(TENANT)
  expect(balance).toMatchObject({ quarantined: 0, expired: 0, discarded: 0 })
  expect(town.lostOf(sensors)).toEqual([])
  expect(town.broker.faults).toEqual([])
}

test.each([
  ['T103: something thrown that nobody caught', 'throw', 'uncaughtException: undefined'],
  ['T103: a rejection that nobody heard', 'reject', 'unhandledRejection: rejected on purpose'],
])(
  '%s ends the agent with a line that says so, and costs nothing that was acknowledged',
  async (_what, mischief, detail) => {
    const before = await startUnderLoad()
    provoke(mischief)
    const { code, stderr } = await town.agent.ended()
    expect([code, stderr]).toEqual([4, ''])
    expect(town.agent.logs.filter(({ level }) => level === 'fatal')).toEqual([
      expect.objectContaining({ code: 'AGENT_FAULT', detail }),
    ])
    await town.agent.restart()
    const after = await town.connectSensors(getNext(before))
    for (const sensor of after) sensor.publish(5)
    await until('readings are acknowledged again', () => countAcknowledged(after) === 25)
    await expectNothingLost([...before, ...after])
  },
)

test('T103: an agent that has eaten all its memory ends, and one that is started in its place has lost nothing', async () => {
  const before = await startUnderLoad([SMALL_HEAP])
  provoke('eatMemory')
  const { code, stderr } = await town.agent.ended()
  expect(code).not.toBe(0)
  expect(stderr).toContain('heap out of memory')
  await town.agent.restart()
  const after = await town.connectSensors(getNext(before))
  for (const sensor of after) sensor.publish(5)
  await until('readings are acknowledged again', () => countAcknowledged(after) === 25)
  await expectNothingLost([...before, ...after])
})

test('T103: an agent that does nothing for seconds cuts nobody off, and goes on where it was', async () => {
  const sensors = await startUnderLoad()
  const { pid } = town.agent
  const count = countAcknowledged(sensors)
  provoke('block')
  await until('readings are acknowledged again', () => countAcknowledged(sensors) > count + 300)
  expect(sensors.map(({ isConnected }) => isConnected)).toEqual([true, true, true, true, true])
  for (const sensor of sensors) sensor.stopPublishing()
  await expectNothingLost(sensors)
  expect(town.agent.pid).toBe(pid)
})
