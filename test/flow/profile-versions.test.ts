import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { MqttClient } from 'mqtt'
import { type Ran, runTromost } from '../commands/run-tromost.ts'
import { CHANGES_PORT, change } from '../support/changes.ts'
import { connect } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town, toEntityId } from '../support/town.ts'
import { until } from '../support/until.ts'

const SOUND = readFileSync(join(import.meta.dirname, '../support/profiles/test-six.yaml'), 'utf8').replace(
  'id: test-six',
  'id: store-six',
)
/** Takes no summer for true, which its sample does not show. */
const FAULTY = SOUND.replace('max: 100', 'max: 30').replace(
  '\nentities:',
  '\noutOfRange: quarantine\nentities:',
)
/** Calls what it measured by another name. */
const RENAMED = SOUND.replaceAll('temperature:', 'feelsLikeTemperature:').replaceAll(
  'feelsLikeTemperature: 21.4',
  'temperature: 21.4',
)
const ENTITY = toEntityId('store-1')
const PINNED = toEntityId('store-2')

let town: Town
let client: MqttClient
let token: string

beforeEach(async () => {
  town = await Town.start({ deviceCount: 1, nodeArguments: CHANGES_PORT })
  token = town.agent.token
  client = await connect({ url: town.agent.mqttUrl, ...GATEWAY })
})

afterEach(async () => {
  await client.endAsync(true)
  expect(town.broker.faults).toEqual([])
  await town.close()
})

async function publish(device: string, sequence: number, temperature: number): Promise<void> {
  await client.publishAsync(`tromost/${device}/up`, JSON.stringify({ sequence, temperature }), { qos: 1 })
}

function tromost(...args: readonly string[]): Promise<Ran> {
  return runTromost([...args, '--url', town.agent.httpUrl, '--token', token])
}

async function ask(method: string, path: string, body?: unknown) {
  const response = await fetch(`${town.agent.httpUrl}/api/v1/profiles${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

async function save(yaml: string, path = '/store-six/versions'): Promise<void> {
  expect(await ask('POST', path, { yaml })).toMatchObject({ status: 201 })
}

async function useSound(): Promise<void> {
  expect(await ask('POST', '', { yaml: SOUND, activate: true })).toMatchObject({ status: 201 })
  await addDevice('store-1')
}

async function addDevice(id: string, pin: { readonly profileVersion?: number } = {}): Promise<void> {
  await change(town.agent, {
    ...{ kind: 'device', tenant: TENANT, id, value: { tenant: TENANT, id, profile: 'store-six', ...pin } },
  })
}

test('a faulty version is rolled back, and what it put into quarantine is delivered', async () => {
  town.folder.write('sound.yaml', SOUND)
  town.folder.write('faulty.yaml', FAULTY)
  const file = (name: string) => join(town.folder.path, name)
  expect(await tromost('profile', 'push', file('sound.yaml'), '--activate')).toMatchObject({
    code: 0,
    stdout: 'ok    all six values\nstore-six: saved as version 1\nstore-six: version 1 is active\n',
  })
  await addDevice('store-1')
  await publish('store-1', 1, 35)
  expect(await town.agent.settled(TENANT)).toMatchObject({ delivered: 1, quarantined: 0 })

  expect(await tromost('profile', 'push', file('faulty.yaml'))).toMatchObject({
    code: 0,
    stdout: 'ok    all six values\nstore-six: saved as version 2\n',
  })
  await publish('store-1', 2, 35)
  expect(await town.agent.settled(TENANT)).toMatchObject({ delivered: 2, quarantined: 0 })
  expect(await tromost('profile', 'activate', 'store-six', '2')).toMatchObject({ code: 0 })
  await publish('store-1', 3, 35)
  expect(await town.agent.settled(TENANT)).toMatchObject({ delivered: 2, quarantined: 1 })
  expect((await tromost('profile', 'list')).stdout).toContain('store-six  version 2 of 2  1 device  ')

  expect(await tromost('profile', 'rollback', 'store-six')).toMatchObject({
    code: 0,
    stdout: 'store-six: version 1 is active\n',
  })
  expect(await tromost('quarantine', 'replay', '--all')).toMatchObject({ code: 0 })
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 3, delivered: 3, quarantined: 0 })
  expect(town.broker.store.valuesOf(ENTITY, 'sequence')).toEqual([1, 2, 3])
})

test('a version runs beside the active one: what it does otherwise is told, and only the active one sends', async () => {
  await useSound()
  await save(RENAMED)
  expect(await ask('POST', '/store-six/versions/2/shadow')).toMatchObject({ status: 200 })
  for (const sequence of [1, 2, 3]) await publish('store-1', sequence, 20)
  let report: Record<string, unknown> = {}
  const isCompared = async () => {
    report = (await ask('GET', '/store-six/versions/2/shadow')).body
    return report['messages'] === 3
  }
  await until('all are compared', isCompared, { explain: () => report })
  expect(report).toMatchObject({ id: 'store-six', active: 1, shadow: 2, same: 0, skipped: 0, others: 0 })
  expect(report['differences']).toMatchObject([
    { kind: 'attributeMissing', type: 'WeatherObserved', attribute: 'temperature', count: 3 },
    {
      kind: 'attributeAdded',
      attribute: 'feelsLikeTemperature',
      count: 3,
      examples: [{ device: 'store-1', tenant: TENANT, shadow: { value: 20, unitCode: 'CEL' } }, {}, {}],
    },
  ])
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 3, delivered: 3 })
  expect(town.broker.store.get(ENTITY)).not.toHaveProperty('feelsLikeTemperature')
  expect(await ask('DELETE', '/store-six/versions/2/shadow')).toMatchObject({ status: 200 })
  expect(await ask('GET', '/store-six/versions/2/shadow')).toMatchObject({ status: 404 })
})

test('versions, the active one, pinned devices and shadow runs are there after kill -9', async () => {
  await useSound()
  await addDevice('store-2', { profileVersion: 1 })
  await save(RENAMED)
  expect(await ask('POST', '/store-six/versions/2/activate')).toMatchObject({ status: 200 })
  await save(FAULTY)
  expect(await ask('POST', '/store-six/versions/3/shadow')).toMatchObject({ status: 200 })
  await publish('store-1', 1, 20)
  await publish('store-2', 1, 20)
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 2, delivered: 2 })
  expect(town.broker.store.get(ENTITY)).toHaveProperty('feelsLikeTemperature')
  expect(town.broker.store.get(PINNED)).not.toHaveProperty('feelsLikeTemperature')

  await client.endAsync(true)
  await town.agent.kill9()
  await town.agent.restart()
  client = await connect({ url: town.agent.mqttUrl, ...GATEWAY })
  expect(await ask('GET', '/store-six')).toMatchObject({
    status: 200,
    body: {
      source: 'api',
      active: 2,
      latest: 3,
      earlier: [1],
      devices: 2,
      pinned: { 1: 1 },
      shadow: { version: 3 },
    },
  })
  await publish('store-1', 2, 20)
  await publish('store-2', 2, 20)
  await town.agent.settled(TENANT)
  expect(town.broker.store.valuesOf(ENTITY, 'feelsLikeTemperature')).toEqual([20, 20])
  expect(town.broker.store.valuesOf(PINNED, 'temperature')).toEqual([20, 20])
  // What was not saved when it was killed comes once more.
  await until('the shadow run compares again', async () => {
    const { body } = await ask('GET', '/store-six/versions/3/shadow')
    return Number(body['messages']) >= 1
  })
  const { body } = await ask('GET', '/store-six/versions/1')
  expect(body).toMatchObject({ version: 1, isActive: false, yaml: SOUND, profile: { id: 'store-six' } })
})
