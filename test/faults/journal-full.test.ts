import { afterEach, expect, test } from '@jest/globals'
import { countAcknowledged, getNext, type Sensor } from '../support/sensor.ts'
import { TENANT, Town, type TownOptions } from '../support/town.ts'
import { until } from '../support/until.ts'

const MIB = 1024 ** 2
const IN_FLIGHT = 100

let town: Town

afterEach(() => town.close())

/** A town whose broker is down from the start. */
async function startOutage(options: TownOptions): Promise<readonly Sensor[]> {
  town = await Town.start({ deviceCount: 3, ...options })
  await town.broker.goDown()
  return town.connectSensors()
}

function hasLog(text: string): boolean {
  return town.agent.logs.some(({ msg }) => msg === text)
}

async function getJournal() {
  const { body } = await town.agent.get('/api/v1/status')
  const { journal } = body as {
    journal: { bytes: number; tenants: readonly { tenant: string; maxBytes: number }[] }
  }
  return journal
}

test('at the bound of the journal sensors wait, are cut off with the reason once, and all that was acknowledged arrives later', async () => {
  const journal = { maxBytes: '2MiB', patience: '500ms', retention: '1m' }
  const before = await startOutage({ config: { journal } })
  for (const sensor of before) sensor.keepPublishing(IN_FLIGHT)
  await until('every sensor is cut off', () => before.every(({ isConnected }) => !isConnected), {
    timeoutMs: 40_000,
  })
  expect(hasLog('the journal is nearly full')).toBe(true)
  expect(town.agent.logs).toContainEqual(expect.objectContaining({ code: 'JOURNAL_FULL', msg: 'refused' }))
  const { body: metrics } = await town.agent.get('/metrics')
  expect(metrics).toContain(`tromost_refused_total{reason="JOURNAL_FULL"} ${before.length}\n`)
  const { bytes, tenants } = await getJournal()
  expect(bytes).toBeLessThanOrEqual(2 * MIB)
  expect(tenants).toEqual([{ tenant: TENANT, bytes, maxBytes: 2 * MIB }])

  await town.broker.comeUp()
  await town.agent.settled(TENANT)
  const after = await town.connectSensors(getNext(before))
  for (const sensor of after) sensor.publish(10)
  await until('sensors are heard again', () => after.every(({ acknowledged }) => acknowledged.length === 10))
  const balance = await town.agent.settled(TENANT)
  expect(balance).toMatchObject({ delivered: balance.received, expired: 0 })
  expect(town.lostOf([...before, ...after])).toEqual([])
  expect(town.broker.faults).toEqual([])
})

test('sensors that wait for room are acknowledged, and not cut off, when there is some in time', async () => {
  const journal = { maxBytes: '512KiB', patience: '5m' }
  const sensors = await startOutage({ config: { journal } })
  for (const sensor of sensors) sensor.keepPublishing(IN_FLIGHT, 3_000)
  let acknowledged = -1
  const isStalled = async () => {
    const total = countAcknowledged(sensors)
    const hasStalled = total === acknowledged && (await getJournal()).bytes > MIB * 0.4
    acknowledged = total
    return hasStalled
  }
  await until('nothing is acknowledged any more', isStalled)
  expect(countAcknowledged(sensors)).toBeLessThan(9_000)
  await town.broker.comeUp()
  await until('all is acknowledged', () => countAcknowledged(sensors) === 9_000, { timeoutMs: 40_000 })
  expect(sensors.every(({ isConnected }) => isConnected)).toBe(true)
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 9_000, delivered: 9_000 })
  expect(town.broker.faults).toEqual([])
})

test('where the oldest may be dropped, every sensor is heard, and what was dropped is counted as expired', async () => {
  const journal = { maxBytes: '1MiB', onFull: 'dropOldest' }
  const sensors = await startOutage({ config: { journal } })
  for (const sensor of sensors) sensor.keepPublishing(IN_FLIGHT, 5_000)
  await until('all is acknowledged', () => countAcknowledged(sensors) === 15_000, { timeoutMs: 40_000 })
  await town.broker.comeUp()
  const balance = await town.agent.settled(TENANT)
  expect(balance.expired).toBeGreaterThan(5_000)
  expect(balance.delivered + balance.expired).toBe(15_000)
  for (const { device } of sensors) expect(town.arrivedOf(device).at(-1)).toBe(5_000)
  expect(town.broker.faults).toEqual([])
})
