import { type IncomingMessage, get as openStream } from 'node:http'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type AdminAnswer, AdminClient } from '../support/admin-client.ts'
import { listOperations, type Operation, toPath } from '../support/api-operations.ts'
import { connect } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

/** In what the other tenant has: names, values, payloads. */
const MARK = 'Skrivnost'
/** In ids that the other tenant has, which a problem names as it was asked for. */
const ID = 'jezero'
const BLED_LOGIN = { username: 'bled-gate', password: 'potica-on-the-island' }
/** What a route is asked about; those of the other tenant. */
const KRANJ = { tenant: TENANT, destination: 'main', device: `${ID}-new`, id: 'main' }
const ROLES = ['viewer', 'operator', 'admin'] as const

let town: Town
let admin: AdminClient
let operations: readonly Operation[]
/** Of Bled, by role. */
const foreign = new Map<string, AdminClient>()
/** What Kranj has, to be left as it is. */
let before: readonly string[]

beforeAll(async () => {
  town = await Town.start({ deviceCount: 1, tenant: { name: { en: MARK } } })
  admin = new AdminClient(town.agent.httpUrl, town.agent.token)
  operations = await listOperations(admin)
  await admin.post('/api/v1/tenants', { id: 'bled' })
  await admin.post('/api/v1/credentials', { tenant: 'bled', ...BLED_LOGIN, publish: ['tromost/+/up'] })
  await admin.post('/api/v1/devices', { tenant: 'bled', id: 'lake', profile: 'test-six' })
  await admin.post('/api/v1/devices', {
    ...{ tenant: TENANT, id: `${ID}-1`, profile: 'test-six', name: MARK },
    attributes: { note: MARK },
  })
  await admin.post(`/api/v1/devices/import?tenant=${TENANT}`, `id,profile,name\n${ID}-2,test-six,${MARK}\n`, {
    'Content-Type': 'text/csv',
  })
  await publish(GATEWAY, `${ID}-1`, '{"sequence":1,"temperature":20}')
  await publish(GATEWAY, `${ID}-1`, `no reading, ${MARK}`)
  await publish(GATEWAY, `${ID}-new`, JSON.stringify({ sequence: 1, temperature: 20, note: MARK }))
  await town.agent.settled(TENANT)
  await until('Kranj has something of everything', async () => (await look()).every(hasMark))
  before = await look()
  for (const role of ROLES) {
    foreign.set(role, admin.as(await admin.makeToken({ name: role, role, tenant: 'bled' })))
  }
})

afterAll(() => town.close())

async function publish(login: typeof GATEWAY, device: string, payload: string): Promise<void> {
  const client = await connect({ url: town.agent.mqttUrl, ...login })
  await client.publishAsync(`tromost/${device}/up`, payload, { qos: 1 })
  await client.endAsync()
}

const hasMark = (text: string) => text.includes(MARK)
const hasAny = (text: string, asked: string) => hasMark(text) || (text.includes(ID) && !asked.includes(ID))

/** Of Kranj, by who may see all. */
function look(): Promise<readonly string[]> {
  const lists = ['devices', 'quarantine', 'onboarding', 'tenants', 'audit']
  const query = (list: string) => (list === 'tenants' || list === 'audit' ? '' : `?tenant=${TENANT}`)
  const only = (list: string) => (list === 'audit' ? '?kind=device' : query(list))
  return Promise.all(lists.map(async list => (await admin.ask('GET', `/api/v1/${list}${only(list)}`)).text))
}

/** All ways in which a route may be asked about Kranj. */
function listPaths(operation: Operation): readonly string[] {
  const ids = ['main', `${ID}-1`, 'six-1', GATEWAY.username, `urn:ngsi-ld:WeatherObserved:${ID}-1`]
  const paths = ids.map(id => toPath(operation, { ...KRANJ, id }))
  const queries = ['', `?tenant=${TENANT}`, '?tenant=bled', '?limit=1000', `?device=${ID}-1`]
  return [...new Set(paths)].flatMap(path => queries.map(query => `${path}${query}`))
}

/** Everything that would change something of Kranj. */
function listTries(operation: Operation): readonly (readonly [Operation, string, object | undefined])[] {
  const bodies = [undefined, {}, { tenant: TENANT, id: `${ID}-9`, profile: 'test-six' }]
  return listPaths(operation).flatMap(path =>
    bodies
      .filter(body => path.includes(TENANT) || (body !== undefined && 'id' in body && !path.includes('bled')))
      .map(body => [operation, path, body] as const),
  )
}

function get(role: string, method: string, path: string, body?: object): Promise<AdminAnswer> {
  const client = foreign.get(role)
  if (client === undefined) throw new Error(`expected a token of the role ${role}`)
  return client.ask(method, path, { body, headers: { 'If-Match': '*' } })
}

describe('T60: a token of Bled', () => {
  test.each(ROLES)('with the role %s reads nothing of Kranj, whatever route it asks', async role => {
    const reading = operations.filter(({ method, path }) => method === 'GET' && !path.endsWith('/tail'))
    expect(reading.length).toBeGreaterThan(25)
    const told: string[] = []
    for (const path of reading.flatMap(listPaths)) {
      const answer = await get(role, 'GET', path)
      if (hasAny(answer.text, path)) told.push(`${path}: ${answer.text}`)
    }
    expect(told).toEqual([])
  })

  test('changes nothing of Kranj, whatever route it tries', async () => {
    const changing = operations.filter(({ method }) => method !== 'GET')
    expect(changing.length).toBeGreaterThan(25)
    const done: string[] = []
    for (const [operation, path, body] of changing.flatMap(listTries)) {
      const { status } = await get('admin', operation.method, path, body)
      if (status < 400) done.push(`${operation.method} ${path}`)
    }
    expect(done).toEqual([])
    expect(await look()).toEqual(before)
  })

  test('hears no message of Kranj as they come', async () => {
    const token = await admin.makeToken({ name: 'ear', role: 'viewer', tenant: 'bled' })
    const heard: string[] = []
    const tail = await openTail(token, line => heard.push(line))
    await publish(GATEWAY, `${ID}-1`, '{"sequence":2,"temperature":20}')
    await publish(BLED_LOGIN, 'lake', '{"sequence":1,"temperature":20}')
    await until('its own message is heard', () => heard.some(line => line.includes('tromost/lake/up')))
    tail.destroy()
    expect(heard.filter(line => line.includes(ID) || line.includes(TENANT))).toEqual([])
  })
})

function openTail(token: string, hear: (line: string) => void): Promise<IncomingMessage> {
  const headers = { authorization: `Bearer ${token}` }
  return new Promise((resolve, reject) => {
    const asked = openStream(`${town.agent.httpUrl}/api/v1/messages/tail`, { headers }, answer => {
      createInterface({ input: answer.on('error', () => undefined) }).on('line', hear)
      resolve(answer)
    })
    asked.on('error', reject)
  })
}
