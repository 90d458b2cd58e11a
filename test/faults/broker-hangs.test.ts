import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Balance } from '../support/balance.ts'
import { Sensor } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

const READINGS_PER_SENSOR = 200
const ALL = Array.from({ length: READINGS_PER_SENSOR }, (_, index) => index + 1)
const TESTS = 9
/** Of each test, for itself alone. */
const DEVICES = 10

let town: Town
let used = 0
let sensors: readonly Sensor[]
/** What the town had counted before the test. */
let before: Balance
let requestsBefore: number
let repeatsBefore: number
let faultsBefore: readonly string[]

beforeAll(async () => {
  town = await Town.start({
    deviceCount: TESTS * DEVICES,
    destination: { timeouts: { connect: '500ms', headers: '500ms', body: '500ms' } },
  })
})

beforeEach(async () => {
  const login = { ...GATEWAY, url: town.agent.mqttUrl }
  const devices = town.devices.slice(used, used + DEVICES)
  used += DEVICES
  sensors = await Promise.all(devices.map(device => Sensor.connect(login, device)))
  before = await town.agent.settled(TENANT)
  requestsBefore = town.broker.requestCount
  repeatsBefore = town.broker.store.repeats
  faultsBefore = town.broker.faults
})

afterEach(async () => {
  town.broker.behave({ kind: 'normal' })
  await Promise.all(sensors.map(sensor => sensor.close()))
})

afterAll(() => town.close())

test('a broker that takes requests and never answers delays readings, and sensors do not notice', async () => {
  town.broker.behave({ kind: 'hang' })
  for (const sensor of sensors) sensor.keepPublishing(5, READINGS_PER_SENSOR)
  await until('all are acknowledged', isAllAcknowledged)
  await until('the agent gives up a request and asks again', () => countRequests() >= 2)
  expect(countSince(await town.agent.getBalance(TENANT)).delivered).toBe(0)
  town.broker.behave({ kind: 'normal' })
  await expectAllDelivered()
})

test('a broker that stores readings and breaks off before its answer gets them again, in order', async () => {
  town.broker.behave({ kind: 'break' })
  for (const sensor of sensors) sensor.keepPublishing(5, READINGS_PER_SENSOR)
  await until('the agent asks again', () => countRequests() >= 3)
  town.broker.behave({ kind: 'normal' })
  await until('all are acknowledged', isAllAcknowledged)
  await expectAllDelivered()
  expect(town.broker.store.repeats).toBeGreaterThan(repeatsBefore)
})

test.each([
  ['503', { status: 503, body: 'busy' }],
  ['500 without a word', { status: 500 }],
  ['429', { status: 429, body: '{"title":"TooManyRequests"}' }],
  ['401', { status: 401, body: '' }],
  ['200 with an HTML page of a proxy', { status: 200, body: '<html><body>Sign in</body></html>' }],
  ['302 to somewhere else', { status: 302 }],
  ['207 with garbage', { status: 207, body: '{"success":[' }],
])('an answer of %s means that nothing was taken', async (_case, answer) => {
  town.broker.behave({ kind: 'answer', ...answer })
  for (const sensor of sensors) sensor.publish(1)
  await until('the agent asks again', () => countRequests() >= 2)
  expect(countSince(await town.agent.getBalance(TENANT))).toMatchObject({ delivered: 0, quarantined: 0 })
  town.broker.behave({ kind: 'normal' })
  expect(countSince(await town.agent.settled(TENANT))).toMatchObject({ received: 10, delivered: 10 })
  expect(town.broker.faults).toEqual(faultsBefore)
})

function isAllAcknowledged(): boolean {
  return sensors.every(({ acknowledged }) => acknowledged.length === READINGS_PER_SENSOR)
}

function countRequests(): number {
  return town.broker.requestCount - requestsBefore
}

function countSince({ received, delivered, quarantined }: Balance) {
  return {
    received: received - before.received,
    delivered: delivered - before.delivered,
    quarantined: quarantined - before.quarantined,
  }
}

async function expectAllDelivered(): Promise<void> {
  const counted = countSince(await town.agent.settled(TENANT))
  expect(counted).toMatchObject({ delivered: sensors.length * READINGS_PER_SENSOR, quarantined: 0 })
  for (const { device } of sensors) expect(town.arrivedOf(device)).toEqual(ALL)
  expect(town.broker.faults).toEqual(faultsBefore)
}
