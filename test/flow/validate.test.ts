import { afterEach, expect, test } from '@jest/globals'
import { connect } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town, toEntityId } from '../support/town.ts'
import { until } from '../support/until.ts'
import { WEATHER_FILES } from '../validation/weather-schema.ts'

let town: Town

afterEach(() => town.close())

/** Starts a town that checks, and sends one reading that its schema takes and one that it does not. */
async function sendWith(validate: string): Promise<void> {
  town = await Town.start({ deviceCount: 2, config: { validate, schemas: 'schemas' }, files: WEATHER_FILES })
  const client = await connect({ url: town.agent.mqttUrl, ...GATEWAY })
  await client.publishAsync('tromost/six-1/up', '{"temperature":20,"battery":80}', { qos: 1 })
  await client.publishAsync('tromost/six-2/up', '{"temperature":20,"battery":95}', { qos: 1 })
  await client.endAsync()
}

async function getInvalidCount(): Promise<string | undefined> {
  const { body } = await town.agent.get('/metrics')
  return /^tromost_entities_invalid_total\{type="WeatherObserved"\} (\d+)$/m.exec(String(body))?.[1]
}

test('with validate: quarantine, an entity that its schema does not take is kept with the reason, and others arrive', async () => {
  await sendWith('quarantine')
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 2, delivered: 1, quarantined: 1 })
  expect(town.broker.store.ids).toEqual([toEntityId('six-1')])
  const getQuarantine = async () => (await town.agent.get('/api/v1/quarantine')).body
  await until('the quarantine lists it', async () => JSON.stringify(await getQuarantine()).includes('six-2'))
  expect(await getQuarantine()).toMatchObject({
    entries: [
      { code: 'ENTITY_INVALID', detail: 'urn:ngsi-ld:WeatherObserved:six-2: /batteryLevel must be <= 0.9' },
    ],
  })
  expect(await getInvalidCount()).toBe('1')
})

test('with validate: warn, it is delivered all the same, counted and told once', async () => {
  await sendWith('warn')
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 2, delivered: 2 })
  expect(await getInvalidCount()).toBe('1')
  const told = town.agent.logs.filter(({ faults }) => faults === '/batteryLevel must be <= 0.9')
  expect(told).toMatchObject([{ level: 'warn', type: 'WeatherObserved' }])
})

test('with validate: off, nothing is checked', async () => {
  await sendWith('off')
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 2, delivered: 2 })
  expect(await getInvalidCount()).toBeUndefined()
})
