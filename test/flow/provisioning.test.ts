import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { type MqttClient, connect as open } from 'mqtt'
import { parse } from 'yaml'
import type { Balance } from '../support/balance.ts'
import { CHANGES_PORT, change, getProvisioned, refuse } from '../support/changes.ts'
import { connect, Sensor } from '../support/sensor.ts'
import { StubBroker } from '../support/stub-broker.ts'
import { GATEWAY, TENANT, Town, toDestination, toEntityId } from '../support/town.ts'
import { until } from '../support/until.ts'

const FAULTS = 'a changed provisioning file is not used'

let town: Town
let clients: MqttClient[]

/** One agent for all: each test has a tenant, devices and credentials of its own. */
beforeAll(async () => {
  // By this name alone the API may lead inside; a file may anyway.
  const config = { egress: { allow: ['localhost'] } }
  town = await Town.start({ deviceCount: 1, config, nodeArguments: CHANGES_PORT })
})

afterAll(() => town.close())

beforeEach(() => {
  clients = []
})

afterEach(async () => {
  for (const client of clients) await client.endAsync(true)
})

function toTenant(id: string) {
  return { kind: 'tenant', id } as const
}

function toSensor(tenant: string) {
  return { kind: 'device', tenant, id: `${tenant}-1` } as const
}

function toGate(id: string) {
  return { kind: 'credential', tenant: TENANT, id } as const
}

async function logIn(username: string, password: string, clientId?: string): Promise<MqttClient> {
  const login = { url: town.agent.mqttUrl, username, password }
  const client = await connect(clientId === undefined ? login : { ...login, clientId })
  client.on('error', () => undefined)
  clients.push(client)
  return client
}

/** With a session that the broker keeps; tells whether it had one. */
async function comeBack(
  username: string,
  password: string,
): Promise<{ client: MqttClient; sessionPresent: boolean }> {
  const options = { username, password, clientId: username, clean: false, reconnectPeriod: 0 }
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
function provision(tenant: string): Promise<string> {
  const login = { wish: 'make' } as const
  const value = { profile: 'test-six' }
  return makeSecret({ ...toTenant(tenant), value: {} }, { ...toSensor(tenant), value, login })
}

/** What the town of all tests has had, and has delivered, since then. */
async function countSince({ received, delivered }: Balance) {
  const now = await town.agent.settled(TENANT)
  return { received: now.received - received, delivered: now.delivered - delivered }
}

test('a device of a tenant that was not there at the start publishes and is delivered', async () => {
  const password = await provision('bled')
  expect(password).toMatch(/^[0-9A-Z]{26}$/)
  const sensor = await logIn('bled-1', password)
  for (const sequence of [1, 2, 3]) await publish(sensor, 'bled-1', sequence)
  expect(await town.agent.settled('bled')).toMatchObject({ received: 3, delivered: 3, quarantined: 0 })
  expect(town.arrivedOf('bled-1')).toEqual([1, 2, 3])
})

test('what was acknowledged is there after kill -9, and passwords of it still prove', async () => {
  const password = await provision('jezersko')
  for (const index of [2, 3, 4, 5]) {
    const place = { ...toSensor('jezersko'), id: `lake-${index}` }
    await change(town.agent, { ...place, value: { profile: 'test-six', name: `Lake ${index}` } })
  }
  await town.agent.kill9()
  await town.agent.restart()
  expect(await getProvisioned(town.agent, { ...toSensor('jezersko'), id: 'lake-5' })).toMatchObject({
    revision: 1,
    value: { name: 'Lake 5' },
  })
  const sensor = await logIn('jezersko-1', password)
  await publish(sensor, 'jezersko-1', 1)
  expect(await town.agent.settled('jezersko')).toMatchObject({ received: 1, delivered: 1 })
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
  const gate = toGate('south-gateway')
  const value = { subscribe: ['news/#'], publish: ['tromost/+/up', 'news/#'] }
  const password = await makeSecret({ ...gate, value })
  const stays = await logIn(GATEWAY.username, GATEWAY.password)
  const first = await comeBack(gate.id, password)
  expect(first.sessionPresent).toBe(false)
  await first.client.subscribeAsync('news/today', { qos: 1 })
  await first.client.endAsync()
  const back = await comeBack(gate.id, password)
  expect(back.sessionPresent).toBe(true)
  const isCut = waitForClose(back.client)
  await change(town.agent, { ...gate, login: { wish: 'revoke' } })
  await isCut
  await expect(logIn(gate.id, password)).rejects.toThrow('Bad username or password')
  expect(stays.connected).toBe(true)
  const made = await makeSecret({ ...gate, login: { wish: 'make' } })
  expect((await comeBack(gate.id, made)).sessionPresent).toBe(false)
})

test('a password that is replaced is taken for its time of grace, and its connection is cut after it', async () => {
  const gate = toGate('north-gateway')
  const value = { publish: ['tromost/+/up'] }
  const old = await makeSecret({ ...gate, value })
  const holder = await logIn(gate.id, old)
  const isCut = waitForClose(holder)
  const fresh = await makeSecret({ ...gate, login: { wish: 'make', graceMs: 4_000 } })
  expect(fresh).not.toBe(old)
  const other = await logIn(gate.id, fresh)
  await logIn(gate.id, old)
  expect(holder.connected).toBe(true)
  await isCut
  await expect(logIn(gate.id, old)).rejects.toThrow('Bad username or password')
  expect(other.connected).toBe(true)
  const before = await town.agent.settled(TENANT)
  await publish(other, 'six-1', 1_000)
  expect(await countSince(before)).toEqual({ received: 1, delivered: 1 })
})

test('rights that a credential has no more end its connection, and a change of something else does not', async () => {
  const gate = toGate('east-gateway')
  const before = await town.agent.settled(TENANT)
  const value = { publish: ['tromost/+/up'] }
  const password = await makeSecret({ ...gate, value })
  const holder = await logIn(gate.id, password)
  const isCut = waitForClose(holder)
  await change(town.agent, { kind: 'device', tenant: TENANT, id: 'six-2', value: { profile: 'test-six' } })
  await publish(holder, 'six-2', 1)
  await change(town.agent, { ...gate, value: { publish: ['tromost/six-1/up'] } })
  await isCut
  const again = await logIn(gate.id, password)
  const isRefused = waitForClose(again)
  again.publish('tromost/six-2/up', '{"sequence":2}', { qos: 1 })
  await isRefused
  expect(await countSince(before)).toEqual({ received: 1, delivered: 1 })
})

test('a tenant with messages that wait or are in quarantine cannot go; once there are none, it can', async () => {
  const password = await provision('bohinj')
  const sensor = await logIn('bohinj-1', password)
  await town.broker.goDown()
  await publish(sensor, 'bohinj-1', 1)
  expect(await refuse(town.agent, { ...toSensor('bohinj') }, { ...toTenant('bohinj') })).toEqual([
    'IN_USE expected no messages for destination main any more, got 1 that wait and 0 in quarantine',
  ])
  const again = await logIn('bohinj-1', password)
  await town.broker.comeUp()
  await town.agent.settled('bohinj')
  await publish(again, 'bohinj-1', 2)
  await town.agent.settled('bohinj')
  expect(town.arrivedOf('bohinj-1')).toEqual([1, 2])
  await change(town.agent, { ...toSensor('bohinj') }, { ...toTenant('bohinj') })
  const { body } = await town.agent.get('/api/v1/balance')
  expect(JSON.stringify(body)).not.toContain('bohinj')
  await expect(logIn('bohinj-1', password)).rejects.toThrow('Bad username or password')
})

test('with a tenant the entities of it go from the preview', async () => {
  const show = { kind: 'destination', id: 'show' } as const
  const password = await makeSecret(
    { ...show, value: { dialect: 'preview' } },
    { ...toTenant('lesce'), value: { destinations: ['show'] } },
    { ...toSensor('lesce'), value: { profile: 'test-six' }, login: { wish: 'make' } },
  )
  const listShown = async () => {
    const { body } = await town.agent.get('/ngsi-ld/v1/entities')
    return (body as readonly { readonly id: string }[]).map(({ id }) => id)
  }
  await publish(await logIn('lesce-1', password), 'lesce-1', 1)
  await until('it is shown', async () => (await listShown()).includes(toEntityId('lesce-1')))
  await until('it is settled', async () => (await town.agent.getBalance('lesce', 'show')).waiting === 0)
  await change(town.agent, { ...toSensor('lesce') }, { ...toTenant('lesce') })
  expect(await listShown()).toEqual([])
})

const toAllowed = (url: string) => url.replace('127.0.0.1', 'localhost')

test('a destination over the API takes what a tenant sends from then on, and another address is used at once', async () => {
  const [one, other] = [await StubBroker.start(), await StubBroker.start()]
  const { id: _id, ...value } = toDestination(toAllowed(one.url))
  const second = { kind: 'destination', id: 'second' } as const
  const password = await makeSecret(
    { ...second, value },
    { ...toTenant('vrba'), value: { destinations: ['second'] } },
    { ...toSensor('vrba'), value: { profile: 'test-six' }, login: { wish: 'make' } },
  )
  const sensor = await logIn('vrba-1', password)
  await publish(sensor, 'vrba-1', 1)
  await until('it is there', () => one.store.has(toEntityId('vrba-1')))
  await one.goDown()
  await publish(sensor, 'vrba-1', 2)
  await change(town.agent, { ...second, value: { ...value, url: toAllowed(other.url) } })
  await until('what waited is there', () => other.store.valuesOf(toEntityId('vrba-1'), 'sequence').length > 0)
  expect(other.store.valuesOf(toEntityId('vrba-1'), 'sequence')).toEqual([2])
  expect(await refuse(town.agent, { ...second })).toEqual([
    'IN_USE expected no tenant that names it, got vrba',
  ])
  await other.goDown()
})

test('a changed provisioning file is used without a restart; one with faults is told and not used', async () => {
  const before = await town.agent.settled(TENANT)
  const path = join(town.folder.path, 'provision.yaml')
  const provision = parse(readFileSync(path, 'utf8'))
  const told = (msg: string) => town.agent.logs.filter(line => line['msg'] === msg)
  const device = { tenant: TENANT, id: 'six-9', profile: 'test-six', password: 'of-the-file' }
  town.folder.write('provision.yaml', { ...provision, devices: [...provision.devices, device] })
  await until('it is used', () => told('a changed provisioning file is in use').length === 1)
  const sensor = await logIn('six-9', 'of-the-file')
  await publish(sensor, 'six-9', 1)
  expect(await countSince(before)).toEqual({ received: 1, delivered: 1 })
  const place = { kind: 'device', tenant: TENANT, id: 'six-9' } as const
  expect(await refuse(town.agent, { ...place })).toEqual([
    'FROM_FILE expected one that no file has, got one of provision.yaml: change it there',
  ])
  const isCut = waitForClose(sensor)
  town.folder.write('provision.yaml', { ...provision, devices: [{ ...device, profile: 'none' }] })
  await until('it is told', () => told(FAULTS).length === 1)
  expect(told(FAULTS)[0]?.['fault']).toContain(
    'provision.yaml: devices.0.profile: expected the id of a loaded profile, got "none"',
  )
  expect(sensor.connected).toBe(true)
  town.folder.write('provision.yaml', provision)
  await isCut
  expect(await getProvisioned(town.agent, place)).toBeNull()
})

test('destinations of the configuration come, change and go with the file, and nothing is lost on the way', async () => {
  const [one, other] = [await StubBroker.start(), await StubBroker.start()]
  const told = (msg: string) => town.agent.logs.filter(line => line['msg'] === msg)
  const write = (urls: readonly string[], others: object = {}) => {
    const more = urls.map(url => ({ ...toDestination(url), id: 'lakes' }))
    town.folder.write('tromost.yaml', {
      ...config,
      ...others,
      destinations: [...config.destinations, ...more],
    })
  }
  const [config, provisioned] = ['tromost.yaml', 'provision.yaml'].map(file =>
    parse(readFileSync(join(town.folder.path, file), 'utf8')),
  )
  const mine = { id: 'zasip', destinations: ['lakes'] }
  const device = { tenant: 'zasip', id: 'zasip-1', profile: 'test-six', password: 'of-the-file' }
  // The file that names it first: it is used when what it names is there.
  town.folder.write('provision.yaml', {
    ...provisioned,
    tenants: [...provisioned.tenants, mine],
    devices: [...provisioned.devices, device],
  })
  write([one.url])
  await until('both are used', async () => (await getProvisioned(town.agent, toTenant('zasip'))) !== null)
  const sensor = await logIn('zasip-1', 'of-the-file')
  await publish(sensor, 'zasip-1', 1)
  await until('it is there', () => one.store.has(toEntityId('zasip-1')))
  await one.goDown()
  await publish(sensor, 'zasip-1', 2)
  write([other.url], { log: { level: 'debug', format: 'json' } })
  await until(
    'what waited is there',
    () => other.store.valuesOf(toEntityId('zasip-1'), 'sequence').length > 0,
  )
  expect(other.store.valuesOf(toEntityId('zasip-1'), 'sequence')).toEqual([2])
  await until(
    'the rest is told',
    () => told('changes of these keys are used from the next start on').length > 0,
  )
  const lakes = { kind: 'destination', id: 'lakes' } as const
  expect(await refuse(town.agent, { ...lakes })).toEqual([
    'FROM_FILE expected one that no file has, got one of tromost.yaml: change it there',
  ])
  write([])
  const notUsed = 'changed destinations of the configuration are not used'
  await until('it is told', () => told(notUsed).length === 1)
  expect(told(notUsed)[0]?.['fault']).toBe('destination lakes: expected no tenant that names it, got zasip')
  expect(await town.agent.getBalance('zasip', 'lakes')).toMatchObject({ received: 2, delivered: 2 })
  town.folder.write('provision.yaml', provisioned)
  await until('it is gone', async () => (await getProvisioned(town.agent, lakes)) === null)
  await other.goDown()
})
