import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type MqttClient, connect as open } from 'mqtt'
import { parse } from 'yaml'
import { CHANGES_PORT, change, getProvisioned, refuse } from '../support/changes.ts'
import { connect, Sensor } from '../support/sensor.ts'
import { StubBroker } from '../support/stub-broker.ts'
import { GATEWAY, TENANT, Town, toDestination, toEntityId } from '../support/town.ts'
import { until } from '../support/until.ts'

const BLED = { kind: 'tenant', id: 'bled' } as const
const SENSOR = { kind: 'device', tenant: 'bled', id: 'lake-1' } as const
const GATE = { kind: 'credential', tenant: TENANT, id: 'north-gateway' } as const

let town: Town
let clients: MqttClient[]

beforeEach(async () => {
  clients = []
  town = await Town.start({ deviceCount: 1, nodeArguments: CHANGES_PORT })
})

afterEach(async () => {
  for (const client of clients) await client.endAsync(true)
  await town.close()
})

async function logIn(username: string, password: string, clientId?: string): Promise<MqttClient> {
  const login = { url: town.agent.mqttUrl, username, password }
  const client = await connect(clientId === undefined ? login : { ...login, clientId })
  client.on('error', () => undefined)
  clients.push(client)
  return client
}

/** With a session that the broker keeps; tells whether it had one. */
async function comeBack(password: string): Promise<{ client: MqttClient; sessionPresent: boolean }> {
  const options = { username: GATE.id, password, clientId: 'gate', clean: false, reconnectPeriod: 0 }
  const client = open(town.agent.mqttUrl, options)
  client.on('error', () => undefined)
  clients.push(client)
  const sessionPresent = await new Promise<boolean>((resolve, reject) => {
    client.once('connect', packet => resolve(packet.sessionPresent))
    client.once('close', () => reject(new Error('expected to be let in')))
  })
  return { client, sessionPresent }
}

function waitForClose(client: MqttClient): Promise<void> {
  return new Promise(resolve => client.once('close', () => resolve()))
}

async function makeSecret(...edits: Parameters<typeof change>[1][]): Promise<string> {
  const { secrets } = await change(town.agent, ...edits)
  return secrets[0]?.password ?? ''
}

function publish(client: MqttClient, device: string, sequence: number): Promise<unknown> {
  return client.publishAsync(`tromost/${device}/up`, JSON.stringify({ sequence, temperature: 20 }), {
    qos: 1,
  })
}

/** Device and tenant come in one change, and the password is shown once. */
function provisionBled(): Promise<string> {
  const login = { wish: 'make' } as const
  const value = { profile: 'test-six' }
  return makeSecret({ ...BLED, value: {} }, { ...SENSOR, value, login })
}

test('a device of a tenant that was not there at the start publishes and is delivered', async () => {
  const password = await provisionBled()
  expect(password).toMatch(/^[0-9A-Z]{26}$/)
  const sensor = await logIn('lake-1', password)
  for (const sequence of [1, 2, 3]) await publish(sensor, 'lake-1', sequence)
  expect(await town.agent.settled('bled')).toMatchObject({ received: 3, delivered: 3, quarantined: 0 })
  expect(town.arrivedOf('lake-1')).toEqual([1, 2, 3])
})

test('what was acknowledged is there after kill -9, and passwords of it still prove', async () => {
  const password = await provisionBled()
  for (const index of [2, 3, 4, 5]) {
    const place = { ...SENSOR, id: `lake-${index}` }
    await change(town.agent, { ...place, value: { profile: 'test-six', name: `Lake ${index}` } })
  }
  await town.agent.kill9()
  await town.agent.restart()
  expect(await getProvisioned(town.agent, { ...SENSOR, id: 'lake-5' })).toMatchObject({
    revision: 1,
    value: { name: 'Lake 5' },
  })
  const sensor = await logIn('lake-1', password)
  await publish(sensor, 'lake-1', 1)
  expect(await town.agent.settled('bled')).toMatchObject({ received: 1, delivered: 1 })
})

test('no reading is lost or out of order while much is changed around it', async () => {
  const sensor = await Sensor.connect({ url: town.agent.mqttUrl, ...GATEWAY }, 'six-1')
  sensor.keepPublishing(20)
  for (let round = 1; round <= 15; round += 1) {
    const id = `passing_${round}`
    await change(
      town.agent,
      { kind: 'tenant', id, value: {} },
      { kind: 'device', tenant: id, id, value: { profile: 'test-six' } },
    )
    await change(town.agent, { kind: 'device', tenant: TENANT, id, value: { profile: 'test-six' } })
    await change(town.agent, { kind: 'device', tenant: id, id }, { kind: 'tenant', id })
  }
  sensor.stopPublishing()
  await until('all are acknowledged', () => sensor.acknowledged.length === sensor.next - 1)
  expect(sensor.acknowledged.length).toBeGreaterThan(15)
  await town.agent.settled(TENANT)
  expect(town.lostOf([sensor])).toEqual([])
  expect(town.broker.store.orderFaults).toEqual([])
  await sensor.close()
})

test('a revoked credential is cut, may not come back, and what waits for it is dropped', async () => {
  const value = { subscribe: ['news/#'], publish: ['tromost/+/up', 'news/#'] }
  const password = await makeSecret({ ...GATE, value })
  const stays = await logIn(GATEWAY.username, GATEWAY.password)
  const gate = await comeBack(password)
  expect(gate.sessionPresent).toBe(false)
  await gate.client.subscribeAsync('news/today', { qos: 1 })
  await gate.client.endAsync()
  const back = await comeBack(password)
  expect(back.sessionPresent).toBe(true)
  const isCut = waitForClose(back.client)
  await change(town.agent, { ...GATE, login: { wish: 'revoke' } })
  await isCut
  await expect(logIn(GATE.id, password)).rejects.toThrow('Bad username or password')
  expect(stays.connected).toBe(true)
  const made = await makeSecret({ ...GATE, login: { wish: 'make' } })
  expect((await comeBack(made)).sessionPresent).toBe(false)
})

test('a password that is replaced is taken for its time of grace, and its connection is cut after it', async () => {
  const value = { publish: ['tromost/+/up'] }
  const old = await makeSecret({ ...GATE, value })
  const holder = await logIn(GATE.id, old)
  const isCut = waitForClose(holder)
  const fresh = await makeSecret({ ...GATE, login: { wish: 'make', graceMs: 4_000 } })
  expect(fresh).not.toBe(old)
  const other = await logIn(GATE.id, fresh)
  await logIn(GATE.id, old)
  expect(holder.connected).toBe(true)
  await isCut
  await expect(logIn(GATE.id, old)).rejects.toThrow('Bad username or password')
  expect(other.connected).toBe(true)
  await publish(other, 'six-1', 1)
  expect(await town.agent.settled(TENANT)).toMatchObject({ delivered: 1 })
})

test('rights that a credential has no more end its connection, and a change of something else does not', async () => {
  const value = { publish: ['tromost/+/up'] }
  const password = await makeSecret({ ...GATE, value })
  const gate = await logIn(GATE.id, password)
  const isCut = waitForClose(gate)
  await change(town.agent, { kind: 'device', tenant: TENANT, id: 'six-2', value: { profile: 'test-six' } })
  await publish(gate, 'six-2', 1)
  await change(town.agent, { ...GATE, value: { publish: ['tromost/six-1/up'] } })
  await isCut
  const again = await logIn(GATE.id, password)
  const isRefused = waitForClose(again)
  again.publish('tromost/six-2/up', '{"sequence":2}', { qos: 1 })
  await isRefused
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 1, delivered: 1 })
})

test('a tenant with messages that wait or are in quarantine cannot go; once there are none, it can', async () => {
  const password = await provisionBled()
  const sensor = await logIn('lake-1', password)
  await town.broker.goDown()
  await publish(sensor, 'lake-1', 1)
  expect(await refuse(town.agent, { ...SENSOR }, { ...BLED })).toEqual([
    'IN_USE expected no messages for destination main any more, got 1 that wait and 0 in quarantine',
  ])
  const again = await logIn('lake-1', password)
  await town.broker.comeUp()
  await town.agent.settled('bled')
  await publish(again, 'lake-1', 2)
  await town.agent.settled('bled')
  expect(town.arrivedOf('lake-1')).toEqual([1, 2])
  await change(town.agent, { ...SENSOR }, { ...BLED })
  const { body } = await town.agent.get('/api/v1/balance')
  expect(JSON.stringify(body)).not.toContain('bled')
  await expect(logIn('lake-1', password)).rejects.toThrow('Bad username or password')
})

test('a destination over the API takes what a tenant sends from then on, and another address is used at once', async () => {
  const [one, other] = [await StubBroker.start(), await StubBroker.start()]
  const { id: _id, ...value } = toDestination(one.url)
  const second = { kind: 'destination', id: 'second' } as const
  const password = await makeSecret(
    { ...second, value },
    { ...BLED, value: { destinations: ['second'] } },
    { ...SENSOR, value: { profile: 'test-six' }, login: { wish: 'make' } },
  )
  const sensor = await logIn('lake-1', password)
  await publish(sensor, 'lake-1', 1)
  await until('it is there', () => one.store.has(toEntityId('lake-1')))
  await one.goDown()
  await publish(sensor, 'lake-1', 2)
  await change(town.agent, { ...second, value: { ...value, url: other.url } })
  await until('what waited is there', () => other.store.valuesOf(toEntityId('lake-1'), 'sequence').length > 0)
  expect(other.store.valuesOf(toEntityId('lake-1'), 'sequence')).toEqual([2])
  expect(await refuse(town.agent, { ...second })).toEqual([
    'IN_USE expected no tenant that names it, got bled',
  ])
  await other.goDown()
})

test('a changed provisioning file is used without a restart; one with faults is told and not used', async () => {
  const path = join(town.folder.path, 'provision.yaml')
  const provision = parse(readFileSync(path, 'utf8'))
  const told = (msg: string) => town.agent.logs.filter(line => line['msg'] === msg)
  const device = { tenant: TENANT, id: 'six-9', profile: 'test-six', password: 'of-the-file' }
  town.folder.write('provision.yaml', { ...provision, devices: [...provision.devices, device] })
  await until('it is used', () => told('a changed provisioning file is in use').length === 1)
  const sensor = await logIn('six-9', 'of-the-file')
  await publish(sensor, 'six-9', 1)
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 1, delivered: 1 })
  const place = { kind: 'device', tenant: TENANT, id: 'six-9' } as const
  expect(await refuse(town.agent, { ...place })).toEqual([
    'FROM_FILE expected one that no file has, got one of provision.yaml: change it there',
  ])
  const isCut = waitForClose(sensor)
  town.folder.write('provision.yaml', { ...provision, devices: [{ ...device, profile: 'none' }] })
  await until('it is told', () => told('a changed provisioning file is not used').length === 1)
  expect(told('a changed provisioning file is not used')[0]?.['fault']).toContain(
    'provision.yaml: devices.0.profile: expected the id of a loaded profile, got "none"',
  )
  expect(sensor.connected).toBe(true)
  town.folder.write('provision.yaml', provision)
  await isCut
  expect(await getProvisioned(town.agent, place)).toBeNull()
})
