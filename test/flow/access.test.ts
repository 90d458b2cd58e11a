import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { MqttClient } from 'mqtt'
import { connect, Sensor, toPayload } from '../support/sensor.ts'
import { GATEWAY, STRANGER, Town, toEntityId } from '../support/town.ts'
import { until } from '../support/until.ts'

let town: Town
/** Somebody who does nothing wrong and must not notice what happens to others. */
let bystander: Sensor
const clients: MqttClient[] = []

beforeAll(async () => {
  town = await Town.start({ deviceCount: 3 })
})

afterAll(() => town.close())

beforeEach(async () => {
  bystander = await Sensor.connect({ url: town.agent.mqttUrl, ...GATEWAY, clientId: 'gateway' }, 'six-1')
})

afterEach(async () => {
  bystander.publish(1)
  await until('the bystander is served', () => bystander.acknowledged.length === 1)
  await bystander.close()
  await Promise.all(clients.splice(0).map(client => client.endAsync(true)))
})

test.each([
  ['a wrong password', { ...GATEWAY, password: 'eight-bridges' }],
  ['the password of another credential', { ...GATEWAY, password: STRANGER.password }],
  ['a user name that nobody has', { ...GATEWAY, username: 'nobody' }],
  ['an empty password', { ...GATEWAY, password: '' }],
])('%s is refused', async (_case, login) => {
  await expect(connect({ url: town.agent.mqttUrl, ...login })).rejects.toThrow(/refused/)
})

test('a message on a foreign topic is not acknowledged, not kept, and closes the connection', async () => {
  const stranger = await connectStranger()
  let isAcknowledged = false
  const closed = new Promise<void>(resolve => stranger.once('close', () => resolve()))
  stranger.publish('tromost/six-2/up', toPayload(1), { qos: 1 }, error => {
    isAcknowledged = error === undefined || error === null
  })
  await closed
  expect(isAcknowledged).toBe(false)
  const { received } = await town.agent.getBalance('kranj')
  bystander.publish(1)
  await until('the bystander is acknowledged', () => bystander.acknowledged.length === 1)
  expect((await town.agent.getBalance('kranj')).received).toBe(received + 1)
  expect(town.broker.store.has(toEntityId('six-2'))).toBe(false)
  bystander.acknowledged.length = 0
})

test('a client id that belongs to another credential is refused, and its owner stays connected', async () => {
  await expect(connectStranger('gateway')).rejects.toThrow(/refused/)
  expect(bystander.isConnected).toBe(true)
})

test('a client id is taken over by its own credential, as MQTT-3.1.4-2 wants', async () => {
  const again = await connect({ url: town.agent.mqttUrl, ...GATEWAY, clientId: 'gateway-2' })
  clients.push(again)
  const replaced = new Promise<void>(resolve => again.once('close', () => resolve()))
  const second = await connect({ url: town.agent.mqttUrl, ...GATEWAY, clientId: 'gateway-2' })
  clients.push(second)
  await replaced
  expect(second.connected).toBe(true)
})

test('a client id that its own credential has taken over still cannot be taken by another one', async () => {
  const first = await connect({ url: town.agent.mqttUrl, ...GATEWAY, clientId: 'gateway-3' })
  clients.push(first)
  const replaced = new Promise<void>(resolve => first.once('close', () => resolve()))
  const second = await connect({ url: town.agent.mqttUrl, ...GATEWAY, clientId: 'gateway-3' })
  clients.push(second)
  await replaced
  await expect(connectStranger('gateway-3')).rejects.toThrow(/refused/)
  expect(second.connected).toBe(true)
})

test('a client that may subscribe to nothing hears nothing of others', async () => {
  const stranger = await connectStranger()
  const heard: string[] = []
  stranger.on('message', topic => heard.push(topic))
  // Whether it is told so by SUBACK 128 or by a closed connection is up to the broker.
  await stranger.subscribeAsync('#').catch(() => undefined)
  bystander.publish(1)
  await until('the message has arrived elsewhere', () => bystander.acknowledged.length === 1)
  bystander.acknowledged.length = 0
  expect(heard).toEqual([])
})

async function connectStranger(clientId?: string): Promise<MqttClient> {
  const login = { url: town.agent.mqttUrl, ...STRANGER }
  const client = await connect(clientId === undefined ? login : { ...login, clientId })
  client.on('error', () => undefined)
  clients.push(client)
  return client
}
