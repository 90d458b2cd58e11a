import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { MqttClient } from 'mqtt'
import { type Ran, runTromost } from '../commands/run-tromost.ts'
import { AdminClient } from '../support/admin-client.ts'
import type { Balance } from '../support/balance.ts'
import { connect } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town, toEntityId, toProvision } from '../support/town.ts'
import { until } from '../support/until.ts'

const PROFILE = readFileSync(join(import.meta.dirname, '../support/profiles/test-six.yaml'), 'utf8')
/** Takes no summer for true. */
const WRONG = PROFILE.replace('max: 100', 'max: 30').replace(
  '\nentities:',
  '\noutOfRange: quarantine\nentities:',
)
const TESTS = 5

const name = (text: string, id: string) => text.replace('id: test-six', `id: ${id}`)

let town: Town

function tromost(...args: readonly string[]): Promise<Ran> {
  return runTromost([...args, '--url', town.agent.httpUrl, '--token', town.agent.token])
}

describe('a town whose quarantine is empty before each test', () => {
  let client: MqttClient
  let used = 0
  /** Of each test, for itself alone, with two devices. */
  let profile: string
  let mild: string
  let hot: string
  /** What the town had counted before the test. */
  let before: Balance
  let firstLine: number
  let faultsBefore: readonly string[]

  beforeAll(async () => {
    const profiles = Array.from({ length: TESTS }, (_, index) => `own-${index + 1}`)
    const provisioned = profiles.map(id => toProvision([`${id}-mild`, `${id}-hot`], undefined, id))
    town = await Town.start({
      files: {
        ...Object.fromEntries(profiles.map(id => [`profiles/${id}.yaml`, name(WRONG, id)])),
        'provision.yaml': { ...provisioned[0], devices: provisioned.flatMap(({ devices }) => devices) },
      },
    })
  })

  beforeEach(async () => {
    used += 1
    profile = `own-${used}`
    mild = `${profile}-mild`
    hot = `${profile}-hot`
    client = await connect({ url: town.agent.mqttUrl, ...GATEWAY })
    const admin = new AdminClient(town.agent.httpUrl, town.agent.token)
    await until('the quarantine is empty', async () => {
      await admin.post('/api/v1/quarantine/discard', { all: true })
      before = await town.agent.settled(TENANT)
      return before.quarantined === 0
    })
    firstLine = town.agent.logs.length
    faultsBefore = town.broker.faults
  })

  afterEach(async () => {
    await client.endAsync(true)
    expect(town.broker.faults).toEqual(faultsBefore)
  })

  afterAll(() => town.close())

  async function publish(device: string, sequence: number, temperature: number): Promise<void> {
    await client.publishAsync(`tromost/${device}/up`, JSON.stringify({ sequence, temperature }), { qos: 1 })
  }

  /** The entry of a message of this test, whose first one is 0. */
  const toEntry = (message: number) => `kranj/main/${before.received + message}`

  const listTold = (text: string) => town.agent.logs.slice(firstLine).filter(({ msg }) => msg === text)

  async function correctProfile(): Promise<void> {
    town.folder.write(`profiles/${profile}.yaml`, name(PROFILE, profile))
    await until('it is used', () => listTold('changed profiles are in use').length > 0)
  }

  /** What became of the messages of this test. */
  function toSince(after: Balance) {
    const names = ['received', 'delivered', 'skipped', 'quarantined', 'discarded'] as const
    return Object.fromEntries(names.map(term => [term, after[term] - before[term]]))
  }

  const settle = async () => toSince(await town.agent.settled(TENANT))

  test('what a wrong profile refused is delivered once the profile is corrected, and the balance holds', async () => {
    await publish(mild, 1, 20)
    for (const sequence of [1, 2, 3]) await publish(hot, sequence, 35)
    expect(await settle()).toMatchObject({ delivered: 1, quarantined: 3 })
    const listed = await tromost('quarantine', 'list', '--reason', 'MAP_FAILED')
    const rows = new RegExp(`^kranj/main/\\d+ .* MAP_FAILED {2}${hot} {2}.*30`, 'gm')
    expect(listed.stdout.match(rows)).toHaveLength(3)
    const shown = await tromost('quarantine', 'show', toEntry(1))
    expect(shown.stdout).toContain('as text: {"sequence":1,"temperature":35}')

    const refused = await tromost('quarantine', 'replay', '--reason', 'MAP_FAILED', '--dry-run')
    expect(refused.code).toBe(1)
    expect(refused.stdout).toContain('3 stay in quarantine (3 MAP_FAILED)')
    await correctProfile()
    const planned = await tromost('quarantine', 'replay', '--device', hot, '--dry-run')
    expect(planned.code).toBe(0)
    expect(planned.stdout).toMatch(/"value":35.*\n3 would be sent\n$/s)
    expect(toSince(await town.agent.getBalance(TENANT))).toMatchObject({ delivered: 1, quarantined: 3 })
    expect(town.broker.store.has(toEntityId(hot))).toBe(false)

    const replayed = await tromost('quarantine', 'replay', toEntry(1))
    expect(replayed).toMatchObject({ code: 0, stdout: `${toEntry(1)}: delivered\n1 delivered\n` })
    expect(await tromost('quarantine', 'replay', '--all')).toMatchObject({ code: 0 })
    expect(town.broker.store.valuesOf(toEntityId(hot), 'sequence')).toEqual([1, 2, 3])
    expect(toSince(await town.agent.getBalance(TENANT))).toMatchObject({
      received: 4,
      delivered: 4,
      quarantined: 0,
    })
    await town.agent.kill9()
    await town.agent.restart()
    expect(await settle()).toMatchObject({ received: 4, delivered: 4, quarantined: 0 })
  })

  test('what is sent once more does not take the place of what came since', async () => {
    await publish(hot, 1, 35)
    await publish(hot, 2, 20)
    expect(await settle()).toMatchObject({ delivered: 1, quarantined: 1 })
    await correctProfile()
    expect(await tromost('quarantine', 'replay', '--all')).toMatchObject({ code: 0 })
    expect(await settle()).toMatchObject({ delivered: 1, skipped: 1, quarantined: 0 })
    expect(town.broker.store.valuesOf(toEntityId(hot), 'sequence')).toEqual([2])
  })

  test('the first entry of a reason raises an alarm, which ends with the last one', async () => {
    const getAlarms = async () => {
      const { body } = await town.agent.get('/api/v1/status')
      return (body as { lanes: readonly { alarms: unknown }[] }).lanes[0]?.alarms
    }
    expect(await getAlarms()).toEqual([])
    await publish(hot, 1, 35)
    await publish(hot, 2, 36)
    await town.agent.settled(TENANT)
    await until('it is saved', async () => JSON.stringify(await getAlarms()).includes('"messages":2'))
    const since = expect.stringMatching(/^20.*Z$/)
    expect(await getAlarms()).toEqual([{ code: 'MAP_FAILED', messages: 2, since }])
    expect((await tromost('status')).stdout).toMatch(/\n {2}2 in quarantine since 20\S+: MAP_FAILED\n$/)
    const { body } = await town.agent.get('/metrics')
    expect(body).toMatch(/tromost_quarantine_alarm\{.*reason="MAP_FAILED".*\} 2\n/)
    const warnings = () => listTold('a message went to quarantine').filter(({ level }) => level === 'warn')
    expect(warnings()).toHaveLength(1)

    const discard = ['quarantine', 'discard', '--device', hot]
    expect((await tromost(...discard, '--dry-run')).stdout).toBe('2 messages would be discarded\n')
    expect((await tromost(...discard)).stdout).toBe('2 messages discarded\n')
    expect(await getAlarms()).toEqual([])
    expect(toSince(await town.agent.getBalance(TENANT))).toMatchObject({
      received: 2,
      discarded: 2,
      quarantined: 0,
    })
    await publish(hot, 3, 37)
    await until('it is told again', () => warnings().length === 2)
  })

  test('a broker that lost its database has the state of all devices again once its lane is set back', async () => {
    const time = new Date().toISOString()
    await publish(mild, 1, 20)
    await publish(mild, 2, 21)
    await publish(hot, 1, 22)
    await town.agent.settled(TENANT)
    const own = town.broker.store.ids.filter(id => [mild, hot].map(toEntityId).includes(id))
    const lost = own.map(id => town.broker.store.get(id))
    expect(lost).toHaveLength(2)
    town.broker.store.lose()
    expect(await tromost('rewind', 'kranj/main', '--to', time)).toMatchObject({ code: 0 })
    await town.agent.settled(TENANT)
    expect(town.broker.store.ids.map(id => town.broker.store.get(id))).toEqual(lost)
  })

  test('a lane that is set back sends again what it had settled, the corrected ones of the quarantine too, and counts nothing twice', async () => {
    await publish(mild, 1, 20)
    await town.agent.settled(TENANT)
    const time = new Date().toISOString()
    await publish(mild, 2, 21)
    await publish(hot, 1, 35)
    expect(await settle()).toMatchObject({ delivered: 2, quarantined: 1 })
    const isStored = async () => (await tromost('quarantine', 'list')).stdout.includes(`${toEntry(2)} `)
    await until('it is on disk', isStored)
    await correctProfile()
    const requests = town.broker.requests.length

    const planned = await tromost('rewind', 'kranj/main', '--to', time, '--dry-run', '--json')
    const position = before.received + 1
    expect(JSON.parse(planned.stdout)).toMatchObject({ dryRun: true, position, messages: 2, quarantined: 1 })
    expect(town.broker.requests).toHaveLength(requests)
    const rewound = await tromost('rewind', 'kranj/main', '--to', time)
    const answer = /^2 messages are sent again, from 20\S+Z, 1 of them out of the quarantine\n$/
    expect(rewound.stdout).toMatch(answer)
    expect(await settle()).toMatchObject({ received: 3, delivered: 3, quarantined: 0 })
    const sent = town.broker.requests.slice(requests).flatMap(({ ids }) => ids)
    expect(sent.sort()).toEqual([mild, hot].map(toEntityId).sort())
    await publish(mild, 3, 22)
    expect(await settle()).toMatchObject({ received: 4, delivered: 4 })
    await town.agent.stop()
    await town.agent.restart()
    expect(await settle()).toMatchObject({ received: 4, delivered: 4 })
  })
})

describe('a town to which nothing was sent', () => {
  beforeAll(async () => {
    town = await Town.start({ deviceCount: 1 })
  })

  afterAll(() => town.close())

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
    expect(town.broker.faults).toEqual([])
  })
})
