import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { MqttClient } from 'mqtt'
import { AdminClient } from '../support/admin-client.ts'
import { AgentFolder } from '../support/agent-folder.ts'
import { AgentProcess } from '../support/agent-process.ts'
import { DRAFT, FAULTY, SENSORS, SHEET, toWaterId } from '../support/first-day.ts'
import { connect } from '../support/sensor.ts'
import { StubBroker } from '../support/stub-broker.ts'
import { until } from '../support/until.ts'

let folder: AgentFolder
let broker: StubBroker
let agent: AgentProcess
/** Whoever installed the agent, with the token of its first start; and the administrator of Kranj, who does the rest. */
let installer: AdminClient
let mojca: AdminClient
let gateway: MqttClient
/** What was shown once, by what it is. */
const shown = new Map<string, string>()

beforeAll(async () => {
  folder = new AgentFolder()
  folder.write('provision.yaml', '')
  broker = await StubBroker.start()
  agent = await AgentProcess.start(folder, {})
  installer = new AdminClient(agent.httpUrl, agent.token)
}, 60_000)

afterAll(async () => {
  await gateway?.endAsync(true)
  await agent.kill9()
  await broker.goDown()
  folder.remove()
})

const getLevels = (device: string) => broker.store.valuesOf(toWaterId(device), 'waterLevel')
const getBalance = () => agent.getBalance('kranj', 'city')

/** All sensors send one reading, each with its acknowledgement. */
async function sendAll(level: string): Promise<void> {
  await Promise.all(SENSORS.map(id => gateway.publishAsync(`tromost/${id}/up`, level, { qos: 1 })))
}

function settle(): Promise<void> {
  return until('nothing waits', async () => (await getBalance()).waiting === 0, { timeoutMs: 30_000 })
}

test('a destination and a municipality are made, and its administrator gets a token', async () => {
  const context = 'https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld'
  await installer.post('/api/v1/destinations', { id: 'city', dialect: 'ngsi-ld', url: broker.url, context })
  await installer.post('/api/v1/tenants', { id: 'kranj', name: { sl: 'Kranj' }, destinations: ['city'] })
  const token = await installer.makeToken({ name: 'mojca', role: 'admin', tenant: 'kranj' })
  shown.set('token of Mojca', token)
  mojca = installer.as(token)
})

test('a draft is tried with one message, and shows the entity that it makes', async () => {
  const device = { id: 'sava-1', location: [14.3556, 46.2389] }
  const tried = await mojca.post('/api/v1/try', { draft: DRAFT, payload: { text: '2.15' }, device })
  expect(tried).toMatchObject({ entities: [{ id: toWaterId('sava-1'), waterLevel: { value: 2.15 } }] })
})

test('it is tested with its samples, saved as the first version, and put to use', async () => {
  expect(await mojca.post('/api/v1/profiles/test', { draft: DRAFT })).toMatchObject({ passed: true })
  expect(await mojca.post('/api/v1/profiles', { yaml: DRAFT })).toMatchObject({ version: 1, isActive: false })
  await mojca.post('/api/v1/profiles/gauge/versions/1/activate', undefined)
  expect(await mojca.get('/api/v1/profiles/gauge')).toMatchObject({ active: 1, source: 'api' })
})

test('two hundred sensors are imported from a sheet, after a look at what would be done', async () => {
  expect(await importSheet('&dryRun=true')).toMatchObject({ created: 200, refused: 0 })
  expect(await mojca.get('/api/v1/devices')).toMatchObject({ total: 0 })
  expect(await importSheet()).toMatchObject({ created: 200, refused: 0 })
  expect(await importSheet()).toMatchObject({ created: 0, unchanged: 200 })
  expect(await mojca.get('/api/v1/devices/kranj/sava-7')).toMatchObject({
    value: { name: 'Merilnik 7', profile: 'gauge', location: [14.3106, 46.2106] },
  })
})

test('the gateway and a sensor of its own get passwords, which are shown once', async () => {
  const made = await mojca.post('/api/v1/credentials', {
    tenant: 'kranj',
    username: 'kranj-gateway',
    publish: ['tromost/+/up'],
  })
  await mojca.post('/api/v1/credentials', {
    tenant: 'kranj',
    username: '{device}',
    publish: ['tromost/{device}/up'],
  })
  const own = await mojca.post('/api/v1/devices/kranj/sava-1/password', {})
  shown.set('password of the gateway', String(made['password']))
  shown.set('password of sava-1', String(own['password']))
  for (const secret of shown.values()) expect(secret.length).toBeGreaterThan(20)
})

test('the first readings arrive in the context broker', async () => {
  const url = agent.mqttUrl
  gateway = await connect({
    url,
    username: 'kranj-gateway',
    password: shown.get('password of the gateway') ?? '',
  })
  await sendAll('1.87')
  const sensor = await connect({ url, username: 'sava-1', password: shown.get('password of sava-1') ?? '' })
  await sensor.publishAsync('tromost/sava-1/up', '1.90', { qos: 1 })
  await sensor.endAsync()
  await settle()
  expect(await getBalance()).toMatchObject({ received: 201, delivered: 201 })
  expect(SENSORS.filter(id => getLevels(id)[0] !== 1.87)).toEqual([])
  expect(getLevels('sava-1')).toEqual([1.87, 1.9])
})

test('a faulty version is activated, and what it does not understand is quarantined with the reason', async () => {
  expect(await mojca.post('/api/v1/profiles/gauge/versions', { yaml: FAULTY, activate: true })).toMatchObject(
    { version: 2, isActive: true, test: { passed: true } },
  )
  await sendAll('1.91')
  await settle()
  expect(await getBalance()).toMatchObject({ received: 401, delivered: 201, quarantined: 200 })
  const { entries } = await mojca.get('/api/v1/quarantine?tenant=kranj&limit=1')
  expect(entries).toMatchObject([{ code: 'DECODE_FAILED', device: expect.stringMatching(/^sava-/) }])
})

test('it is rolled back, and what was quarantined is sent once more and arrives', async () => {
  expect(await mojca.post('/api/v1/profiles/gauge/rollback', {})).toMatchObject({ version: 1 })
  await mojca.post('/api/v1/quarantine/replay', { tenant: 'kranj' })
  await until('all is delivered', async () => (await getBalance()).delivered === 401, {
    explain: () => agent.logs.slice(-3),
  })
  expect(await getBalance()).toMatchObject({ received: 401, delivered: 401, quarantined: 0, waiting: 0 })
  expect(SENSORS.filter(id => getLevels(id).at(-1) !== 1.91)).toEqual([])
  expect(broker.faults).toEqual([])
})

test('every change of the day is in the audit log, with who made it', async () => {
  const { records } = await installer.get('/api/v1/audit?limit=1000')
  const changes = (records as readonly AuditLine[]).map(
    ({ actor, action, place }) => `${actor.name} ${action} ${place.kind} ${place.id}`,
  )
  const devices = changes.filter(line => line.startsWith('token:mojca create device '))
  expect(new Set(devices).size).toBe(200)
  const others = changes.filter(line => !devices.includes(line) && !line.startsWith('file ')).reverse()
  expect(others.map(line => line.replace(/(token) \w{12}$/, '$1'))).toEqual([
    'agent create token setup',
    'token:setup create destination city',
    'token:setup create tenant kranj',
    'token:setup create token',
    'token:mojca create profile gauge',
    'token:mojca update profile gauge',
    'token:mojca create credential kranj-gateway',
    'token:mojca create credential {device}',
    'token:mojca rotate device sava-1',
    'token:mojca update profile gauge',
    'token:mojca update profile gauge',
    'token:mojca replay lane city',
  ])
})

test('no secret that was shown is anywhere else', async () => {
  const paths = ['audit/export', 'tokens', 'credentials', 'devices?limit=1000', 'devices/export?tenant=kranj']
  for (const path of [...paths, 'credentials/kranj/kranj-gateway', 'devices/kranj/sava-1', 'status']) {
    await mojca.ask('GET', `/api/v1/${path}`)
    await installer.ask('GET', `/api/v1/${path}`)
  }
  const answers = [...installer.texts, ...mojca.texts]
  const data = listFiles(join(folder.path, 'data')).map(file => readFileSync(file, 'latin1'))
  expect(data.some(text => text.includes('kranj-gateway'))).toBe(true)
  for (const [what, secret] of shown) {
    expect([what, answers.filter(text => text.includes(secret)).length]).toEqual([what, 1])
    const elsewhere = [JSON.stringify(agent.logs), ...data]
    expect([what, elsewhere.filter(text => text.includes(secret)).length]).toEqual([what, 0])
  }
  expect([...answers, ...data].filter(text => text.includes(agent.token))).toEqual([])
})

interface AuditLine {
  readonly actor: { readonly name: string }
  readonly action: string
  readonly place: { readonly kind: string; readonly id: string }
}

/** Gives how many rows came to which end. */
async function importSheet(query = ''): Promise<unknown> {
  const path = `/api/v1/devices/import?tenant=kranj${query}`
  const { id } = await mojca.post(path, SHEET, { 'Content-Type': 'text/csv' })
  let job: Readonly<Record<string, unknown>> = {}
  await until(
    'the import has ended',
    async () => {
      job = await mojca.get(`/api/v1/devices/import/${id}`)
      return job['state'] === 'finished'
    },
    { explain: () => job },
  )
  return job['counts']
}

function listFiles(path: string): readonly string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map(name => join(path, name))
    .filter(file => statSync(file).isFile())
}
