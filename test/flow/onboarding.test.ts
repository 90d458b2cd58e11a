import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { MqttClient } from 'mqtt'
import { type Ran, runTromost } from '../commands/run-tromost.ts'
import { connect } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town, toEntityId } from '../support/town.ts'
import { until } from '../support/until.ts'

let town: Town
let client: MqttClient

beforeEach(async () => {
  town = await Town.start({ deviceCount: 1 })
  client = await connect({ url: town.agent.mqttUrl, ...GATEWAY })
})

afterEach(async () => {
  await client.endAsync(true)
  expect(town.broker.faults).toEqual([])
  await town.close()
})

async function publish(device: string, ...sequences: readonly number[]): Promise<void> {
  for (const sequence of sequences) {
    const payload = JSON.stringify({ sequence, temperature: 20 })
    await client.publishAsync(`tromost/${device}/up`, payload, { qos: 1 })
  }
}

function tromost(...args: readonly string[]): Promise<Ran> {
  return runTromost([...args, '--tenant', TENANT, '--url', town.agent.httpUrl, '--token', town.agent.token])
}

interface Listed {
  readonly id: string
  readonly messages: number
  readonly profiles: readonly { readonly id: string }[]
}

async function list(): Promise<readonly Listed[]> {
  const { stdout } = await tromost('onboarding', 'list', '--json')
  return (JSON.parse(stdout) as { readonly devices: readonly Listed[] }).devices
}

/** Once the messages are on disk, not before. */
async function untilHeld(device: string, messages: number): Promise<Listed | undefined> {
  let found: Listed | undefined
  await until('it is listed', async () => {
    found = (await list()).find(({ id }) => id === device)
    return found?.messages === messages
  })
  return found
}

test('a device that nobody knows is listed with the profile that it has, accepted, and its readings arrive in order', async () => {
  await publish('new-1', 1, 2, 3, 4, 5)
  expect(await untilHeld('new-1', 5)).toMatchObject({ profiles: [{ id: 'test-six' }] })
  expect(await town.agent.getBalance(TENANT)).toMatchObject({ received: 5, quarantined: 5 })
  expect((await tromost('onboarding', 'list')).stdout).toMatch(
    /^new-1 {2}5 messages, last 20\S+Z {2}tromost\/new-1\/up\n {2}\{"sequence":5,"temperature":20\}\n {2}maybe test-six\b/,
  )

  expect(await tromost('onboarding', 'accept', 'new-1', '--profile', 'test-sixty')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('profile: expected the id of a loaded profile, got "test-sixty"'),
  })
  expect(
    await tromost(
      'onboarding',
      'accept',
      'new-1',
      '--profile',
      'test-six',
      '--name',
      'Šola',
      '--location',
      '14.3,46.2',
    ),
  ).toEqual({ code: 0, stdout: 'new-1 is a device now, 5 delivered\n', stderr: '' })
  expect(town.broker.store.valuesOf(toEntityId('new-1'), 'sequence')).toEqual([1, 2, 3, 4, 5])
  await publish('new-1', 6)
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 6, delivered: 6, quarantined: 0 })
  expect(town.broker.store.valuesOf(toEntityId('new-1'), 'sequence')).toEqual([1, 2, 3, 4, 5, 6])
  await town.agent.kill9()
  await town.agent.restart()
  await publish2('new-1', 7)
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 7, delivered: 7, quarantined: 0 })
})

/** With a connection of its own, after a restart. */
async function publish2(device: string, sequence: number): Promise<void> {
  await client.endAsync(true)
  client = await connect({ url: town.agent.mqttUrl, ...GATEWAY })
  await publish(device, sequence)
}

test('a device that is rejected is gone with its messages, and one that is ignored is not listed again', async () => {
  await publish('noise-1', 1, 2)
  await untilHeld('noise-1', 2)
  expect(await tromost('onboarding', 'reject', 'noise-1', '--dry-run')).toMatchObject({
    stdout: '2 messages would be discarded\n',
  })
  expect(await tromost('onboarding', 'reject', 'noise-1', '--ignore')).toMatchObject({
    stdout: '2 messages discarded\n',
  })
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 2, discarded: 2, quarantined: 0 })
  await publish('noise-1', 3)
  await publish('new-1', 1)
  await untilHeld('new-1', 1)
  expect((await list()).map(({ id }) => id)).toEqual(['new-1'])
  expect((await tromost('onboarding', 'list', '--ignored')).stdout).toMatch(
    /^noise-1 {2}since 20\S+Z {2}by \S+ {2}0 messages discarded\n$/,
  )
  expect(await tromost('onboarding', 'heed', 'noise-1')).toMatchObject({ code: 0 })
  expect((await list()).map(({ id }) => id).sort()).toEqual(['new-1', 'noise-1'])
})

test('a file of devices is imported while readings flow, and what was held of them is sent', async () => {
  await publish('new-2', 1, 2)
  await untilHeld('new-2', 2)
  const sheet = 'id;naziv;lat;lon\nnew-1;Šola;46,2;14,3\nnew-2;Park;46,3;14,4\nsix-1;;;\nb/d;;;\n'
  town.folder.write('sheet.csv', sheet)
  const importSheet = (...args: readonly string[]) =>
    tromost('devices', 'import', `${town.folder.path}/sheet.csv`, '--profile', 'test-six', ...args)
  const refused = /^line 5: b\/d: id: expected 1 to 128 characters .*, got "b\/d"\n/
  const planned = await importSheet('--dry-run')
  expect([planned.code, planned.stdout.replace(refused, '')]).toEqual([
    1,
    'would be: 2 created, 1 unchanged, 1 refused\n',
  ])
  const done = await importSheet()
  expect([done.code, done.stdout.replace(refused, '')]).toEqual([1, '2 created, 1 unchanged, 1 refused\n'])
  expect(town.broker.store.valuesOf(toEntityId('new-2'), 'sequence')).toEqual([1, 2])
  await publish('new-1', 1)
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 3, delivered: 3, quarantined: 0 })
  expect((await importSheet()).stdout.replace(refused, '')).toBe('3 unchanged, 1 refused\n')

  const exported = await tromost('devices', 'export')
  expect(exported.stdout.split('\r\n').slice(1, 3)).toEqual([
    'six-1;;test-six;;;;;kranj-key;;',
    'new-1;Šola;test-six;;46,2;14,3;;;;',
  ])
  town.folder.write('sheet.csv', exported.stdout)
  expect(await importSheet()).toMatchObject({ code: 0, stdout: '3 unchanged\n' })
  town.folder.write('sheet.csv', 'PK\u0003\u0004')
  expect(await importSheet()).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('save the sheet as CSV UTF-8'),
  })
})
