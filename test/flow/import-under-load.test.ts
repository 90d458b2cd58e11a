import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AdminClient } from '../support/admin-client.ts'
import { TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

const DEVICES = 3_000

let town: Town

beforeEach(async () => {
  town = await Town.start({ deviceCount: 5 })
})

afterEach(() => town.close())

test('while thousands of devices are imported no reading is lost or out of order, and the new ones are served', async () => {
  const admin = new AdminClient(town.agent.httpUrl, town.agent.token)
  const sensors = await town.connectSensors()
  for (const sensor of sensors) sensor.keepPublishing(5)
  const rows = Array.from({ length: DEVICES }, (_, at) => `new-${at},test-six`)
  const { id } = await admin.post(
    `/api/v1/devices/import?tenant=${TENANT}`,
    ['id,profile', ...rows].join('\n'),
    { 'Content-Type': 'text/csv' },
  )
  let job = await admin.get(`/api/v1/devices/import/${id}`)
  await until('the import has ended', async () => {
    job = await admin.get(`/api/v1/devices/import/${id}?limit=1`)
    return job['state'] === 'finished'
  })
  expect(job).toMatchObject({ counts: { created: DEVICES, refused: 0 } })
  for (const sensor of sensors) sensor.stopPublishing()
  await until('all are acknowledged', () =>
    sensors.every(({ acknowledged, next }) => acknowledged.length === next - 1),
  )
  const balance = await town.agent.settled(TENANT)
  expect(balance).toMatchObject({ quarantined: 0, received: balance.delivered })
  expect(town.lostOf(sensors)).toEqual([])
  expect(town.broker.faults).toEqual([])
  expect(await admin.get('/api/v1/devices?limit=1')).toMatchObject({ total: DEVICES + 5 })
})
