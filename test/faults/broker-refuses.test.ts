import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Balance } from '../support/balance.ts'
import { Sensor } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town, toEntityId } from '../support/town.ts'
import { until } from '../support/until.ts'

const TESTS = 3
/** Of each test, for itself alone. */
const DEVICES = 100
const CULPRIT = 41

let town: Town
let used = 0
let devices: readonly string[]
let sensors: readonly Sensor[]
/** What the town had before the test. */
let before: Balance
let idsBefore: ReadonlySet<string>
let faultsBefore: readonly string[]

beforeAll(async () => {
  town = await Town.start({ deviceCount: TESTS * DEVICES })
})

beforeEach(async () => {
  const login = { ...GATEWAY, url: town.agent.mqttUrl }
  devices = town.devices.slice(used, used + DEVICES)
  used += DEVICES
  town.broker.refuse(toEntityId(devices[CULPRIT] ?? ''), 'relativeHumidity: I do not believe it')
  sensors = await Promise.all(devices.map(device => Sensor.connect(login, device)))
  before = await town.agent.settled(TENANT)
  idsBefore = new Set(town.broker.store.ids)
  faultsBefore = town.broker.faults
})

afterEach(async () => {
  town.broker.behave({ kind: 'normal' })
  await Promise.all(sensors.map(sensor => sensor.close()))
})

afterAll(() => town.close())

test.each([
  ['207 names it', 'normal'],
  ['the whole batch gets 400', 'strict'],
] as const)('a refused entity is quarantined and the other 99 are delivered when %s', async (_case, kind) => {
  town.broker.behave({ kind })
  await publishAll()
  expect(await settle()).toEqual({ received: 100, delivered: 99, quarantined: 1 })
  const others = devices.filter((_device, index) => index !== CULPRIT)
  const come = town.broker.store.ids.filter(id => !idsBefore.has(id))
  expect(come.sort()).toEqual(others.map(toEntityId).sort())
  expect(town.broker.faults).toEqual(faultsBefore)
})

test('what was refused stays in quarantine across kill -9, and is not sent again', async () => {
  await publishAll()
  await settle()
  await town.agent.kill9()
  await town.agent.restart()
  // What was settled in the last moments before the kill may be sent once more, and ends the same way.
  expect(await settle()).toEqual({ received: 100, delivered: 99, quarantined: 1 })
})

async function publishAll(): Promise<void> {
  for (const sensor of sensors) sensor.publish(1)
  await until('all are acknowledged', () => sensors.every(({ acknowledged }) => acknowledged.length === 1))
}

/** What became of the messages of this test. */
async function settle() {
  const after = await town.agent.settled(TENANT)
  const names = ['received', 'delivered', 'quarantined'] as const
  return Object.fromEntries(names.map(name => [name, after[name] - before[name]]))
}
