import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { MqttClient } from 'mqtt'
import { connect } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town, toEntityId } from '../support/town.ts'
import { until } from '../support/until.ts'

const PROFILE = readFileSync(join(import.meta.dirname, '../support/profiles/test-six.yaml'), 'utf8')
/** The same profile, which now calls what it measured by another name. */
const CHANGED = PROFILE.replaceAll('temperature:', 'feelsLikeTemperature:').replaceAll(
  'feelsLikeTemperature: 21.4',
  'temperature: 21.4',
)
const ENTITY = toEntityId('six-1')

let town: Town
let client: MqttClient
let sequence: number

beforeEach(async () => {
  town = await Town.start({ deviceCount: 1 })
  client = await connect({ url: town.agent.mqttUrl, ...GATEWAY })
  sequence = 0
})

afterEach(async () => {
  await client.endAsync(true)
  await town.close()
})

async function publish(): Promise<void> {
  sequence += 1
  await client.publishAsync('tromost/six-1/up', JSON.stringify({ sequence, temperature: 20 }), { qos: 1 })
}

function told(msg: string) {
  return town.agent.logs.filter(line => line['msg'] === msg)
}

/** Every reading so far has arrived once, in order, whatever profile it met. */
async function expectNothingLost(): Promise<void> {
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: sequence, delivered: sequence })
  const expected = Array.from({ length: sequence }, (_, index) => index + 1)
  expect(town.broker.store.valuesOf(ENTITY, 'sequence')).toEqual(expected)
}

test('a changed profile is used without a restart, and no reading is lost meanwhile', async () => {
  await publish()
  await until('the first has arrived', () => town.broker.store.has(ENTITY))
  expect(town.broker.store.get(ENTITY)).not.toHaveProperty('feelsLikeTemperature')
  town.folder.write('profiles/test-six.yaml', CHANGED)
  await until('a reading meets the changed profile', async () => {
    await publish()
    return 'feelsLikeTemperature' in (town.broker.store.get(ENTITY) ?? {})
  })
  expect(told('changed profiles are in use')).toMatchObject([{ level: 'info', profiles: 1 }])
  const { body } = await town.agent.get('/context.jsonld')
  expect(body).toHaveProperty('@context.feelsLikeTemperature')
  await expectNothingLost()
})

test('a profile that is broken, or fails its own sample, is told and not used; what corrects it is', async () => {
  town.folder.write('profiles/test-six.yaml', PROFILE.replace('max: 100', 'max: often'))
  await until('it is told', () => told('a changed profile is not used').length === 1)
  expect(told('a changed profile is not used')[0]?.['fault']).toContain(
    'profiles/test-six.yaml: entities.0.attributes.temperature.max: expected number, got "often"',
  )
  town.folder.write('profiles/test-six.yaml', PROFILE.replace('value: 21.4', 'value: 21.5'))
  await until('that too', () => told('a changed profile is not used').length === 2)
  expect(told('a changed profile is not used')[1]?.['fault']).toContain('expected 21.5, got 21.4')
  await publish()
  await expectNothingLost()
  expect(town.broker.store.get(ENTITY)).toHaveProperty('temperature')
  town.folder.write('profiles/test-six.yaml', CHANGED)
  await until('the corrected one is used', () => told('changed profiles are in use').length === 1)
})

test('a profile that devices need cannot be taken away', async () => {
  rmSync(join(town.folder.path, 'profiles/test-six.yaml'))
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
    'profiles/test-six.yaml',
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
