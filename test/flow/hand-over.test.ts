import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Ran, runTromost } from '../commands/run-tromost.ts'
import { AgentFolder } from '../support/agent-folder.ts'
import { AgentProcess } from '../support/agent-process.ts'
import { connect } from '../support/sensor.ts'
import { StubBroker } from '../support/stub-broker.ts'
import { GATEWAY, TENANT, Town, toDestination, toEntityId } from '../support/town.ts'
import { until } from '../support/until.ts'

const PLANTED = 'planted-7f3a91c2'

let town: Town
let broker: StubBroker
let folder: AgentFolder
let target: AgentProcess
let archive: string

beforeAll(async () => {
  town = await Town.start({ deviceCount: 3 })
  folder = new AgentFolder()
  broker = await StubBroker.start()
  folder.write('provision.yaml', {})
  // The profile comes with the municipality.
  rmSync(join(folder.path, 'profiles/test-six.yaml'))
  target = await AgentProcess.start(folder, { destinations: [toDestination(broker.url)] })
  archive = join(folder.path, 'kranj.tar')
}, 60_000)

afterAll(async () => {
  await target.kill9()
  await broker.goDown()
  folder.remove()
  await town.close()
})

function run(agent: AgentProcess, ...args: string[]): Promise<Ran> {
  return runTromost([...args, '--url', agent.httpUrl, '--token', agent.token])
}

async function publish(topic: string, payload: object | string, retain = false): Promise<void> {
  const client = await connect({ url: town.agent.mqttUrl, ...GATEWAY })
  await client.publishAsync(topic, typeof payload === 'string' ? payload : JSON.stringify(payload), {
    ...{ qos: 1, retain },
  })
  await client.endAsync()
}

test('everything of a municipality is in files that anybody can read', async () => {
  await publish('tromost/six-1/up', { sequence: 1, temperature: 20 })
  await publish('tromost/six-2/up', PLANTED)
  await publish('tromost/unknown-9/up', { sequence: 5, temperature: 21 })
  expect(await town.agent.settled(TENANT)).toMatchObject({ delivered: 1, quarantined: 2 })
  await town.broker.goDown()
  await publish('tromost/six-3/up', { sequence: 7, temperature: 22 }, true)
  await publish('tromost/six-3/up', { sequence: 8, temperature: 23 })

  const countAlarms = async () =>
    JSON.stringify((await town.agent.get('/api/v1/alarms')).body).match(/"kind":"quarantine"/g)?.length
  await until('both reasons are alarms', async () => (await countAlarms()) === 2)
  const asFolder = join(folder.path, 'kranj')
  expect(await run(town.agent, 'export', '--tenant', TENANT, '--output', asFolder)).toMatchObject({ code: 0 })
  expect(readdirSync(asFolder).sort()).toEqual([
    ...['alarms-00001.ndjson', 'audit-00001.ndjson', 'credentials-00001.ndjson', 'destinations.yaml'],
    'devices-00001.ndjson',
    ...['manifest.json', 'messages-00001.ndjson', 'profile.test-six.yaml', 'quarantine-00001.ndjson'],
    ...['retained-00001.ndjson', 'states-00001.ndjson', 'tenant.yaml'],
  ])
  const lines = readFileSync(join(asFolder, 'quarantine-00001.ndjson'), 'utf8').trimEnd().split('\n')
  expect(lines.map(line => JSON.parse(line)).map(({ code, device }) => `${code} ${device}`)).toEqual([
    'DECODE_FAILED six-2',
    'DEVICE_UNKNOWN unknown-9',
  ])
  expect(await run(town.agent, 'export', '--tenant', TENANT, '--output', archive)).toMatchObject({ code: 0 })
  const all = readFileSync(archive, 'latin1')
  expect(all).not.toContain(GATEWAY.password)
})

test('a dry run says what would be taken, and takes nothing', async () => {
  const { code, stdout } = await run(target, 'import', archive, '--dry-run')
  expect(stdout).toContain('tenant: 1 would be taken')
  expect(stdout).toContain('profiles: 1 would be taken')
  expect(stdout).toContain('devices: 3 would be taken')
  expect(stdout).toContain('quarantine: 2 would be taken')
  expect(stdout).toContain('messages: 2 would be taken')
  expect(code).toBe(0)
  const { body } = await target.get('/api/v1/balance')
  expect(body).toMatchObject({ tenants: [] })
})

test('another agent takes it: what waited is delivered, what was in quarantine is there to be replayed', async () => {
  const { code, stdout } = await run(target, 'import', archive, '--new-passwords')
  expect(code).toBe(0)
  expect(stdout).toMatch(/password of credential kranj-gateway: [0-9A-Z]{26}\n/)
  const [, password = ''] = /kranj-gateway: ([0-9A-Z]{26})/.exec(stdout) ?? []
  await until(
    'what waited arrives',
    () => broker.store.valuesOf(toEntityId('six-3'), 'sequence').length === 2,
  )
  expect(broker.store.valuesOf(toEntityId('six-3'), 'sequence')).toEqual([7, 8])
  expect(await target.settled(TENANT)).toMatchObject({ received: 4, delivered: 2, quarantined: 2 })
  const listed = await run(target, 'quarantine', 'list')
  expect(listed.stdout).toMatch(/DECODE_FAILED {2}six-2.*\n.*DEVICE_UNKNOWN {2}unknown-9/)

  const client = await connect({ url: target.mqttUrl, username: GATEWAY.username, password })
  await client.publishAsync('tromost/six-1/up', '{"sequence":2,"temperature":20}', { qos: 1 })
  await client.endAsync()
  expect(await target.settled(TENANT)).toMatchObject({ received: 5, delivered: 3, quarantined: 2 })
})

test('a second import takes nothing twice', async () => {
  const { code, stdout } = await run(target, 'import', archive)
  expect(code).toBe(0)
  expect(stdout).toContain('profiles: 0 taken, 1 there already')
  expect(stdout).toContain('devices: 0 taken, 3 there already')
  expect(stdout).toContain('quarantine: 0 taken, 2 there already')
  expect(stdout).toContain('messages: 0 taken, 2 there already')
  expect(await target.settled(TENANT)).toMatchObject({ received: 5, delivered: 3, quarantined: 2 })
})

test('what came in quarantine is replayed once its device is there', async () => {
  const body = JSON.stringify({ profile: 'test-six' })
  const headers = { Authorization: `Bearer ${target.token}`, 'Content-Type': 'application/json' }
  const url = `${target.httpUrl}/api/v1/onboarding/${TENANT}/unknown-9/accept`
  expect((await fetch(url, { method: 'POST', body, headers })).status).toBe(200)
  await until('it arrives', () => broker.store.has(toEntityId('unknown-9')))
  expect(broker.store.valuesOf(toEntityId('unknown-9'), 'sequence')).toEqual([5])
  await target.kill9()
  await target.restart()
  expect(await target.settled(TENANT)).toMatchObject({ received: 5, delivered: 4, quarantined: 1 })
})

test('an archive that was changed is refused, with the file that differs', async () => {
  const bytes = readFileSync(archive)
  const at = bytes.indexOf('unknown-9')
  bytes.write('unknown-8', at)
  const changed = join(folder.path, 'changed.tar')
  writeFileSync(changed, bytes)
  expect(await run(target, 'import', changed)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^ARCHIVE_INVALID: \S+-00001\.ndjson: expected SHA-256 .* it was changed\n$/,
    ),
  })
})

test('a device is forgotten: its payloads are in no answer and in no record, and the balance holds', async () => {
  const planned = await run(town.agent, 'forget', `${TENANT}/six-2`, '--dry-run')
  expect(planned.stdout).toMatch(/^1 messages, 1 quarantined, .*1 heard would be removed\n/)
  const done = await run(town.agent, 'forget', `${TENANT}/six-2`)
  expect(done.code).toBe(0)
  expect(done.stdout).toContain(`stays: entity ${toEntityId('six-2')}`)
  expect(await town.agent.getBalance(TENANT)).toMatchObject({ received: 5, quarantined: 1, discarded: 1 })

  const again = join(folder.path, 'again')
  expect(await run(town.agent, 'export', '--tenant', TENANT, '--output', again)).toMatchObject({ code: 0 })
  const files = readdirSync(again).map(name => readFileSync(join(again, name), 'utf8'))
  const encoded = Buffer.from(PLANTED).toString('base64')
  for (const text of files) expect([text.includes(PLANTED), text.includes(encoded)]).toEqual([false, false])
  const headers = { Authorization: `Bearer ${town.agent.token}` }
  for (const path of ['quarantine', 'messages?device=six-2', 'audit', 'alarms']) {
    const text = await (await fetch(`${town.agent.httpUrl}/api/v1/${path}`, { headers })).text()
    expect([text.includes(PLANTED), text.includes(encoded)]).toEqual([false, false])
  }
  const nothing = await run(town.agent, 'forget', `${TENANT}/six-2`, '--dry-run')
  expect(nothing.stdout).toMatch(/^nothing would be removed\n/)

  // What waits is taken along too, and counts as discarded.
  expect(await run(town.agent, 'forget', `${TENANT}/six-3`)).toMatchObject({ code: 0 })
  await town.agent.kill9()
  await town.agent.restart()
  expect(await town.agent.settled(TENANT)).toMatchObject({
    ...{ received: 5, delivered: 1, quarantined: 1, discarded: 3 },
  })
})

test('a device is forgotten with the device itself where that is wanted, and only then', async () => {
  const headers = { Authorization: `Bearer ${target.token}` }
  const url = `${target.httpUrl}/api/v1/devices/${TENANT}/six-1`
  const read = async () => (await fetch(url, { headers })).status
  const planned = await run(target, 'forget', `${TENANT}/six-1`, '--device', '--dry-run')
  expect(planned.stdout).toMatch(/, 1 device would be removed\n/)
  const kept = await run(target, 'forget', `${TENANT}/six-1`)
  expect([kept.stdout.includes('1 device removed'), await read()]).toEqual([false, 200])
  const done = await run(target, 'forget', `${TENANT}/six-1`, '--device')
  expect([done.stdout.split('\n', 1), await read()]).toEqual([['1 device removed'], 404])
})
