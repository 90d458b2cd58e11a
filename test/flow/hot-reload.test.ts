import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { MqttClient } from 'mqtt'
import type { Balance } from '../support/balance.ts'
import { connect } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town, toEntityId } from '../support/town.ts'
import { until } from '../support/until.ts'

const PROFILE = readFileSync(join(import.meta.dirname, '../support/profiles/test-six.yaml'), 'utf8')
const FILE = 'profiles/test-six.yaml'
const TESTS = 4

let town: Town
let client: MqttClient
let used = 0
/** Of each test, for itself alone. */
let device: string
let sequence: number
/** What the town had counted and told before the test. */
let before: Balance
let firstLine: number

beforeAll(async () => {
  town = await Town.start({ deviceCount: TESTS })
})

beforeEach(async () => {
  if (used > 0) await restoreProfile()
  used += 1
  device = `six-${used}`
  client = await connect({ url: town.agent.mqttUrl, ...GATEWAY })
  sequence = 0
  before = await town.agent.settled(TENANT)
  firstLine = town.agent.logs.length
})

afterEach(() => client.endAsync(true))

afterAll(() => town.close())

async function restoreProfile(): Promise<void> {
  firstLine = town.agent.logs.length
  town.folder.write(FILE, PROFILE)
  await until('the profile is as it was', () => told('changed profiles are in use').length > 0)
}

/** The same profile, which now calls what it measured by another name. */
function renameTo(name: string): string {
  return PROFILE.replaceAll('temperature:', `${name}:`).replaceAll(`${name}: 21.4`, 'temperature: 21.4')
}

async function publish(): Promise<void> {
  sequence += 1
  const reading = JSON.stringify({ sequence, temperature: 20 })
  await client.publishAsync(`tromost/${device}/up`, reading, { qos: 1 })
}

function getArrived() {
  return town.broker.store.get(toEntityId(device))
}

function told(msg: string) {
  return town.agent.logs.slice(firstLine).filter(line => line['msg'] === msg)
}

/** Every reading so far has arrived once, in order, whatever profile it met. */
async function expectNothingLost(): Promise<void> {
  const { received, delivered } = await town.agent.settled(TENANT)
  expect([received - before.received, delivered - before.delivered]).toEqual([sequence, sequence])
  const expected = Array.from({ length: sequence }, (_, index) => index + 1)
  expect(town.arrivedOf(device)).toEqual(expected)
}

test('a changed profile is used without a restart, and no reading is lost meanwhile', async () => {
  await publish()
  await until('the first has arrived', () => getArrived() !== undefined)
  expect(getArrived()).not.toHaveProperty('feelsLikeTemperature')
  town.folder.write(FILE, renameTo('feelsLikeTemperature'))
  await until('a reading meets the changed profile', async () => {
    await publish()
    return 'feelsLikeTemperature' in (getArrived() ?? {})
  })
  expect(told('changed profiles are in use')).toMatchObject([{ level: 'info', profiles: 1 }])
  const { body } = await town.agent.get('/context.jsonld')
  expect(body).toHaveProperty('@context.feelsLikeTemperature')
  await expectNothingLost()
})

test('a profile that is broken, or fails its own sample, is told and not used; what corrects it is', async () => {
  town.folder.write(FILE, PROFILE.replace('max: 100', 'max: often'))
  await until('it is told', () => told('a changed profile is not used').length === 1)
  expect(told('a changed profile is not used')[0]?.['fault']).toContain(
    'profiles/test-six.yaml: entities.0.attributes.temperature.max: expected number, got "often"',
  )
  town.folder.write(FILE, PROFILE.replace('value: 21.4', 'value: 21.5'))
  await until('that too', () => told('a changed profile is not used').length === 2)
  expect(told('a changed profile is not used')[1]?.['fault']).toContain('expected 21.5, got 21.4')
  await publish()
  await expectNothingLost()
  expect(getArrived()).toHaveProperty('temperature')
  town.folder.write(FILE, renameTo('dewPoint'))
  await until('the corrected one is used', () => told('changed profiles are in use').length === 1)
})

test('a profile that devices need cannot be taken away', async () => {
  rmSync(join(town.folder.path, FILE))
  await until('it is told', () => told('a changed profile is not used').length === 1)
  expect(told('a changed profile is not used')[0]?.['fault']).toBe(
    'profiles: expected the profile test-six, which devices are provisioned with, got none',
  )
  await publish()
  await expectNothingLost()
})

test('an attribute that changes its unit under its name is told, and no reading is lost meanwhile', async () => {
  await publish()
  town.folder.write(
    FILE,
    PROFILE.replaceAll('unit: CEL', 'unit: PAL').replaceAll('unitCode: CEL', 'unitCode: PAL'),
  )
  await until('the change is told', () => told('an attribute means something else than before').length > 0)
  expect(told('an attribute means something else than before')).toMatchObject([
    {
      level: 'warn',
      change:
        'profile test-six: temperature of WeatherObserved was a property in CEL and is a property in PAL',
    },
  ])
  await expectNothingLost()
})
