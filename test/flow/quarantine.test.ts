import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { MqttClient } from 'mqtt'
import { type Ran, runTromost } from '../commands/run-tromost.ts'
import { connect } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town, toEntityId } from '../support/town.ts'
import { until } from '../support/until.ts'

const PROFILE = readFileSync(join(import.meta.dirname, '../support/profiles/test-six.yaml'), 'utf8')
/** Takes no summer for true. */
const WRONG = PROFILE.replace('max: 100', 'max: 30').replace(
  '\nentities:',
  '\noutOfRange: quarantine\nentities:',
)
const SUMMER = toEntityId('six-2')

let town: Town
let client: MqttClient

beforeEach(async () => {
  town = await Town.start({ deviceCount: 2, files: { 'profiles/test-six.yaml': WRONG } })
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
  return runTromost([...args, '--url', town.agent.httpUrl, '--token', town.agent.token])
}

async function correctProfile(): Promise<void> {
  town.folder.write('profiles/test-six.yaml', PROFILE)
  await until('it is used', () => town.agent.logs.some(({ msg }) => msg === 'changed profiles are in use'))
}

test('what a wrong profile refused is delivered once the profile is corrected, and the balance holds', async () => {
  await publish('six-1', 1, 20)
  for (const sequence of [1, 2, 3]) await publish('six-2', sequence, 35)
  expect(await town.agent.settled(TENANT)).toMatchObject({ delivered: 1, quarantined: 3 })
  const listed = await tromost('quarantine', 'list', '--reason', 'MAP_FAILED')
  expect(listed.stdout.match(/^kranj\/main\/\d .* MAP_FAILED {2}six-2 {2}.*30/gm)).toHaveLength(3)
  const shown = await tromost('quarantine', 'show', 'kranj/main/1')
  expect(shown.stdout).toContain('as text: {"sequence":1,"temperature":35}')

  const refused = await tromost('quarantine', 'replay', '--reason', 'MAP_FAILED', '--dry-run')
  expect(refused).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('3 stay in quarantine (3 MAP_FAILED)'),
  })
  await correctProfile()
  const planned = await tromost('quarantine', 'replay', '--device', 'six-2', '--dry-run')
  expect(planned).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/"value":35.*\n3 would be sent\n$/s),
  })
  expect(await town.agent.getBalance(TENANT)).toMatchObject({ delivered: 1, quarantined: 3 })
  expect(town.broker.store.has(SUMMER)).toBe(false)

  expect(await tromost('quarantine', 'replay', 'kranj/main/1')).toMatchObject({
    code: 0,
    stdout: 'kranj/main/1: delivered\n1 delivered\n',
  })
  expect(await tromost('quarantine', 'replay', '--all')).toMatchObject({ code: 0 })
  expect(town.broker.store.valuesOf(SUMMER, 'sequence')).toEqual([1, 2, 3])
  expect(await town.agent.getBalance(TENANT)).toMatchObject({ received: 4, delivered: 4, quarantined: 0 })
  await town.agent.kill9()
  await town.agent.restart()
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 4, delivered: 4, quarantined: 0 })
})

test('what is sent once more does not take the place of what came since', async () => {
  await publish('six-2', 1, 35)
  await publish('six-2', 2, 20)
  expect(await town.agent.settled(TENANT)).toMatchObject({ delivered: 1, quarantined: 1 })
  await correctProfile()
  expect(await tromost('quarantine', 'replay', '--all')).toMatchObject({ code: 0 })
  expect(await town.agent.settled(TENANT)).toMatchObject({ delivered: 1, skipped: 1, quarantined: 0 })
  expect(town.broker.store.valuesOf(SUMMER, 'sequence')).toEqual([2])
})

test('the first entry of a reason raises an alarm, which ends with the last one', async () => {
  const getAlarms = async () =>
    ((await town.agent.get('/api/v1/status')).body as { lanes: readonly { alarms: unknown }[] }).lanes[0]
      ?.alarms
  expect(await getAlarms()).toEqual([])
  await publish('six-2', 1, 35)
  await publish('six-2', 2, 36)
  await town.agent.settled(TENANT)
  await until('it is saved', async () => JSON.stringify(await getAlarms()).includes('"messages":2'))
  expect(await getAlarms()).toEqual([
    { code: 'MAP_FAILED', messages: 2, since: expect.stringMatching(/^20.*Z$/) },
  ])
  expect((await tromost('status')).stdout).toMatch(/\n {2}2 in quarantine since 20\S+: MAP_FAILED\n$/)
  expect((await town.agent.get('/metrics')).body).toMatch(
    /tromost_quarantine_alarm\{.*reason="MAP_FAILED".*\} 2\n/,
  )
  const warnings = () =>
    town.agent.logs.filter(({ msg, level }) => msg === 'a message went to quarantine' && level === 'warn')
  expect(warnings()).toHaveLength(1)

  expect(await tromost('quarantine', 'discard', '--device', 'six-2', '--dry-run')).toMatchObject({
    stdout: '2 messages would be discarded\n',
  })
  expect(await tromost('quarantine', 'discard', '--device', 'six-2')).toMatchObject({
    stdout: '2 messages discarded\n',
  })
  expect(await getAlarms()).toEqual([])
  expect(await town.agent.getBalance(TENANT)).toMatchObject({ received: 2, discarded: 2, quarantined: 0 })
  await publish('six-2', 3, 37)
  await until('it is told again', () => warnings().length === 2)
})

test('a broker that lost its database has the state of all devices again once its lane is set back', async () => {
  const time = new Date().toISOString()
  await publish('six-1', 1, 20)
  await publish('six-1', 2, 21)
  await publish('six-2', 1, 22)
  await town.agent.settled(TENANT)
  const before = town.broker.store.ids.map(id => town.broker.store.get(id))
  expect(before).toHaveLength(2)
  town.broker.store.lose()
  expect(await tromost('rewind', 'kranj/main', '--to', time)).toMatchObject({ code: 0 })
  await town.agent.settled(TENANT)
  expect(town.broker.store.ids.map(id => town.broker.store.get(id))).toEqual(before)
})

test('a lane that is set back sends again what it had settled, the corrected ones of the quarantine too, and counts nothing twice', async () => {
  await publish('six-1', 1, 20)
  await town.agent.settled(TENANT)
  const time = new Date().toISOString()
  await publish('six-1', 2, 21)
  await publish('six-2', 1, 35)
  expect(await town.agent.settled(TENANT)).toMatchObject({ delivered: 2, quarantined: 1 })
  const isStored = async () => (await tromost('quarantine', 'list')).stdout.includes('kranj/main/2')
  await until('it is on disk', isStored)
  await correctProfile()
  const before = town.broker.requests.length

  const planned = await tromost('rewind', 'kranj/main', '--to', time, '--dry-run', '--json')
  expect(JSON.parse(planned.stdout)).toMatchObject({ dryRun: true, position: 1, messages: 2, quarantined: 1 })
  expect(town.broker.requests).toHaveLength(before)
  const rewound = await tromost('rewind', 'kranj/main', '--to', time)
  expect(rewound.stdout).toMatch(
    /^2 messages are sent again, from 20\S+Z, 1 of them out of the quarantine\n$/,
  )
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 3, delivered: 3, quarantined: 0 })
  const sent = town.broker.requests.slice(before).flatMap(({ ids }) => ids)
  expect(sent.sort()).toEqual([toEntityId('six-1'), SUMMER])
  await publish('six-1', 3, 22)
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 4, delivered: 4 })
  await town.agent.stop()
  await town.agent.restart()
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 4, delivered: 4 })
})

test('changes ask for the token, also on this machine, and wrong use says what was expected', async () => {
  const { url, token } = { url: town.agent.httpUrl, token: town.agent.token }
  expect(await runTromost(['quarantine', 'discard', '--all', '--url', url])).toMatchObject({ code: 3 })
  expect(await tromost('quarantine', 'replay')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('expected ids, --tenant'),
  })
  expect(await tromost('quarantine', 'show', 'kranj/main/99')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^ENTRY_UNKNOWN: .*"kranj\/main\/99"/),
  })
  expect(await tromost('rewind', 'kranj/other', '--to', '2h')).toMatchObject({
    code: 1,
    stderr: 'LANE_UNKNOWN: expected one of the lanes kranj/main, got kranj/other\n',
  })
  expect(await tromost('rewind', 'kranj/main', '--to', 'yesterday')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/to: expected a time in the past such as .*, got "yesterday"/),
  })
  expect(await tromost('rewind', 'kranj/main', '--to', '2h')).toMatchObject({
    code: 0,
    stdout: 'nothing that was settled since then is in the journal\n',
  })
  expect(token).not.toBe('undefined')
})
