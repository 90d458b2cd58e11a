import { cpSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { AdminClient } from '../support/admin-client.ts'
import { connect } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

const MADE = { username: 'made-over-http', password: 'three-bridges-over-the-river' }

let town: Town
let provision: string

beforeAll(async () => {
  town = await Town.start({ deviceCount: 1 })
  const admin = new AdminClient(town.agent.httpUrl, town.agent.token)
  await admin.post('/api/v1/credentials', { tenant: TENANT, ...MADE, publish: ['tromost/+/up'] })
  await town.agent.stop()
  // Of an agent that has stopped, so that no write is cut in two but by a test.
  cpSync(inFolder('data'), inFolder('sound'), { recursive: true })
  provision = readFileSync(inFolder('provision.yaml'), 'utf8')
})

beforeEach(() => {
  for (const name of ['data', 'provision.yaml']) rmSync(inFolder(name), { recursive: true, force: true })
  cpSync(inFolder('sound'), inFolder('data'), { recursive: true })
  town.folder.write('provision.yaml', provision)
})

afterEach(() => town.agent.kill9())
afterAll(() => town.close())

const inFolder = (name: string) => join(town.folder.path, name)
const data = () => inFolder('data/journal/data.mdb')

/** Whoever has no right, in whatever way they try. */
async function expectNobody(): Promise<void> {
  const url = town.agent.mqttUrl
  const tries = [
    ...[
      { username: '', password: '' },
      { username: 'nobody', password: 'x' },
    ],
    ...[
      { ...MADE, password: '' },
      { ...MADE, password: 'wrong' },
      { ...GATEWAY, password: 'wrong' },
    ],
  ]
  for (const login of tries) await expect(connect({ url, ...login })).rejects.toThrow(/refused|authorized/i)
  for (const token of ['', 'x', 'tromost_', 'undefined']) {
    const { status } = await new AdminClient(town.agent.httpUrl, token).ask('GET', '/api/v1/tokens')
    expect(status).toBeGreaterThanOrEqual(400)
  }
}

describe('T61: an agent whose store was damaged while it was down', () => {
  test.each<[string, () => void]>([
    ['is empty', () => truncateSync(data())],
    ['ends in the middle', () => truncateSync(data(), Math.floor(statSync(data()).size / 2))],
    ['is half written over', () => overwrite(0.5)],
    ['is all zeros', () => writeFileSync(data(), Buffer.alloc(statSync(data()).size))],
    ['is gone', () => rmSync(data())],
  ])('starts with what it knows or not at all, and lets nobody in: the file %s', async (_case, damage) => {
    damage()
    const isUp = await town.agent.restart().then(
      () => true,
      () => false,
    )
    if (isUp) await expectNobody()
    else expect(town.agent.hasEnded).toBe(true)
  })

  test.each<[string, (key: string) => void]>([
    ['is empty', key => truncateSync(key)],
    ['is cut off', key => truncateSync(key, 7)],
  ])('does not start with a key that %s', async (_case, damage) => {
    damage(inFolder('data/secret.key'))
    await expect(town.agent.restart()).rejects.toThrow(/secret\.key/)
  })

  test('lets in nobody whose password was hashed with another key', async () => {
    const key = inFolder('data/secret.key')
    const before = readFileSync(key)
    writeFileSync(key, Buffer.from(before.map(byte => byte ^ 1)))
    const isUp = await town.agent.restart().then(
      () => true,
      () => false,
    )
    if (!isUp) return
    await expectNobody()
    await expect(connect({ url: town.agent.mqttUrl, ...MADE })).rejects.toThrow(/refused|authorized/i)
  })
})

describe('T61: a provisioning file', () => {
  beforeEach(() => town.agent.restart())

  test('that becomes a folder is told, and the logins before stay', async () => {
    const first = town.agent.logs.length
    rmSync(inFolder('provision.yaml'))
    mkdirSync(inFolder('provision.yaml'))
    await until('it is told', () => town.agent.logs.slice(first).some(({ level }) => level === 'error'))
    await (await connect({ url: town.agent.mqttUrl, ...GATEWAY })).endAsync()
    await expectNobody()
  })

  test('that is cut off in the middle of a login is told, and the logins before stay', async () => {
    const first = town.agent.logs.length
    const text = readFileSync(inFolder('provision.yaml'), 'utf8')
    writeFileSync(inFolder('provision.yaml'), text.slice(0, text.indexOf('password') + 3))
    await until('it is told', () => town.agent.logs.slice(first).some(({ level }) => level === 'error'))
    await (await connect({ url: town.agent.mqttUrl, ...GATEWAY })).endAsync()
    await expectNobody()
  })

  test('that becomes empty has no logins, and lets nobody in', async () => {
    const first = town.agent.logs.length
    town.folder.write('provision.yaml', '')
    await until('it is in use or told', () =>
      town.agent.logs.slice(first).some(({ msg }) => /^a changed provisioning file is/.test(String(msg))),
    )
    await expectNobody()
  })
})

function overwrite(share: number): void {
  const bytes = readFileSync(data())
  bytes.fill(0xa5, Math.floor(bytes.length * share))
  writeFileSync(data(), bytes)
}
