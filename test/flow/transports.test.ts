import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Sensor } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town, toEntityId } from '../support/town.ts'
import { until } from '../support/until.ts'

const UTC_TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)

let town: Town
let sensor: Sensor | undefined

beforeAll(async () => {
  town = await Town.start({ deviceCount: 6 })
})

afterAll(() => town.close())

describe.each([
  ['TCP', 0, 'six-1'],
  ['TCP', 1, 'six-2'],
  ['TCP', 2, 'six-3'],
  ['WebSocket', 0, 'six-4'],
  ['WebSocket', 1, 'six-5'],
  ['WebSocket', 2, 'six-6'],
] as const)('over %s at QoS %i', (transport, qos, device) => {
  test('readings reach the context broker as whole entities, once and in order', async () => {
    const url = transport === 'TCP' ? town.agent.mqttUrl : town.agent.wsUrl
    sensor = await Sensor.connect({ url, ...GATEWAY }, device)
    sensor.publish(50, qos)
    await until('all 50 have arrived', () => town.arrivedOf(device).length === 50)
    expect(town.arrivedOf(device)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
    expect(town.broker.store.get(toEntityId(device))).toEqual({
      id: toEntityId(device),
      type: 'WeatherObserved',
      sequence: { type: 'Property', value: 50, observedAt: UTC_TIME },
      temperature: { type: 'Property', value: 15, unitCode: 'CEL', observedAt: UTC_TIME },
      relativeHumidity: { type: 'Property', value: 0.4, unitCode: 'C62', observedAt: UTC_TIME },
      atmosphericPressure: { type: 'Property', value: 1013.2, unitCode: 'A97', observedAt: UTC_TIME },
      pm10: { type: 'Property', value: 25, unitCode: 'GQ', observedAt: UTC_TIME },
      batteryLevel: { type: 'Property', value: 0.87, unitCode: 'C62', observedAt: UTC_TIME },
    })
    await until('all 50 are acknowledged', () => sensor?.acknowledged.length === 50)
    await sensor.close()
  })
})

test('nothing of it was refused, repeated or against the rules of a broker', async () => {
  const balance = await town.agent.settled(TENANT)
  expect(balance).toMatchObject({ received: 300, delivered: 300 })
  expect(town.broker.store.repeats).toBe(0)
  expect(town.broker.faults).toEqual([])
  expect([...town.broker.tenants]).toEqual([TENANT])
})
