import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { MqttClient } from 'mqtt'
import { connect } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town, toEntityId } from '../support/town.ts'
import { until } from '../support/until.ts'

let town: Town
let client: MqttClient

beforeAll(async () => {
  town = await Town.start({ deviceCount: 5 })
  client = await connect({ url: town.agent.mqttUrl, ...GATEWAY })
})

afterAll(async () => {
  await client.endAsync(true)
  await town.close()
})

test('one attribute by its own topic changes that attribute and no other', async () => {
  await client.publishAsync('/kranj-key/six-1/attrs', '{"temperature":20.5,"humidity":50}', { qos: 1 })
  await client.publishAsync('/kranj-key/six-1/attrs/temperature', '21.5', { qos: 1 })
  await until('the second value has arrived', () => valuesOf('six-1', 'temperature').length === 2)
  expect(town.broker.store.get(toEntityId('six-1'))).toMatchObject({
    temperature: { value: 21.5, unitCode: 'CEL' },
    relativeHumidity: { value: 0.5 },
  })
})

test('several attributes in one message become one entity', async () => {
  await client.publishAsync('/kranj-key/six-2/attrs', '{"temperature":-3.5,"battery":40}', { qos: 1 })
  await until('the entity has arrived', () => town.broker.store.has(toEntityId('six-2')))
  expect(town.broker.store.get(toEntityId('six-2'))).toEqual({
    id: toEntityId('six-2'),
    type: 'WeatherObserved',
    temperature: { type: 'Property', value: -3.5, unitCode: 'CEL', observedAt: expect.any(String) },
    batteryLevel: { type: 'Property', value: 0.4, unitCode: 'C62', observedAt: expect.any(String) },
  })
})

test('an array is several readings, each with its own time', async () => {
  const readings = [
    { TimeInstant: '2026-02-01T10:00:00Z', temperature: 1 },
    { TimeInstant: '2026-02-01T11:00:00Z', temperature: 2 },
    { TimeInstant: '2026-02-01T12:00:00Z', temperature: 3 },
  ]
  await client.publishAsync('/kranj-key/six-3/attrs', JSON.stringify(readings), { qos: 1 })
  await until('all three have arrived', () => valuesOf('six-3', 'temperature').length === 3)
  expect(valuesOf('six-3', 'temperature')).toEqual([1, 2, 3])
  expect(town.broker.store.get(toEntityId('six-3'))).toMatchObject({
    temperature: { value: 3, observedAt: '2026-02-01T12:00:00.000Z' },
  })
})

test('the leading slash may be missing, and /json may stand in front', async () => {
  await client.publishAsync('/json/kranj-key/six-4/attrs', '{"temperature":4}', { qos: 1 })
  await client.publishAsync('kranj-key/six-5/attrs', '{"temperature":5}', { qos: 1 })
  await until('both have arrived', () => ['six-4', 'six-5'].every(hasArrived))
})

test('each message counts once, however many readings it held', async () => {
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 6, delivered: 6 })
  expect(town.broker.faults).toEqual([])
})

function valuesOf(device: string, attribute: string): readonly unknown[] {
  return town.broker.store.valuesOf(toEntityId(device), attribute)
}

function hasArrived(device: string): boolean {
  return town.broker.store.has(toEntityId(device))
}
