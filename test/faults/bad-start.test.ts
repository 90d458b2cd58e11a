import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { AgentFolder } from '../support/agent-folder.ts'
import { AgentProcess, runToExit } from '../support/agent-process.ts'
import { toDestination, toProvision } from '../support/town.ts'

const DESTINATION = toDestination('http://127.0.0.1:9')
const PROVISION = toProvision(['six-1'])
const PROFILE = readFileSync(join(import.meta.dirname, '../support/profiles/test-six.yaml'), 'utf8')

let folder: AgentFolder

beforeEach(() => {
  folder = new AgentFolder()
  folder.write('provision.yaml', PROVISION)
  folder.writeConfig({ destinations: [DESTINATION] })
})

afterEach(() => folder.remove())

describe('configuration', () => {
  test.each([
    ['a port out of range', { http: { port: 70_000 } }, 'http.port: expected at most 65535, got 70000'],
    ['a key that is misspelt', { jurnal: {} }, 'jurnal: this key is not known'],
    [
      'a duration without unit',
      { journal: { retention: 24 } },
      'journal.retention: expected a duration with its unit, such as 50ms, 10s or 24h, got 24',
    ],
    [
      'a durability that does not exist',
      { journal: { durability: 'sometimes' } },
      'journal.durability: expected one of fsync, os, got "sometimes"',
    ],
    [
      'a broker without address',
      { destinations: [{ id: 'main', dialect: 'ngsi-ld' }] },
      'destinations.0.url: expected the address of the context broker, got nothing',
    ],
    [
      'a variable that is not set',
      { destinations: [{ ...DESTINATION, auth: { kind: 'bearer', token: `\${env:NO_SUCH_TOKEN}` } }] },
      'destinations.0.auth.token: expected the environment variable NO_SUCH_TOKEN to be set, got nothing',
    ],
  ])('%s', async (_case, config, line) => {
    folder.writeConfig({ destinations: [DESTINATION], ...config })
    await expectRefusal([`tromost.yaml: ${line}`])
  })

  test('a folder of schemas that is not there', async () => {
    folder.writeConfig({ destinations: [DESTINATION], validate: 'warn', schemas: 'nowhere' })
    await expectRefusal(['nowhere: expected a folder of JSON Schemas, got none'])
  })

  test('every fault has a line', async () => {
    folder.writeConfig({ destinations: [DESTINATION], http: { port: -1 }, log: { level: 'loud' } })
    await expectRefusal([
      'tromost.yaml: log.level: expected one of debug, info, warn, error, silent, got "loud"',
      'tromost.yaml: http.port: expected at least 0, got -1',
    ])
  })

  test('a file that is no YAML', async () => {
    folder.write('tromost.yaml', 'http: { port: 1')
    await expectRefusal([expect.stringMatching(/^tromost\.yaml: .+/)])
  })
})

describe('provisioning', () => {
  const [device] = PROVISION.devices

  test.each([
    [
      'latitude before longitude',
      { devices: [{ ...device, location: [46.2, 114.3] }] },
      'devices.0.location.1: expected a latitude from -90 to 90, got 114.3',
    ],
    [
      'a topic filter with + inside a level',
      { credentials: [{ ...PROVISION.credentials[0], publish: ['city+/up'] }] },
      'credentials.0.publish.0: expected an MQTT topic filter: + and # only as whole levels, # only last, got "city+/up"',
    ],
    [
      'a device of a tenant that does not exist',
      { devices: [{ ...device, tenant: 'bled' }] },
      'devices.0.tenant: expected the id of a tenant, got "bled"',
    ],
    [
      'a device of a profile that does not exist',
      { devices: [{ ...device, profile: 'test-seven' }] },
      'devices.0.profile: expected the id of a loaded profile, got "test-seven"',
    ],
    [
      'a tenant with a destination that does not exist',
      { tenants: [{ id: 'kranj', destinations: ['elsewhere'] }] },
      'tenants.0.destinations.0: expected one of the destinations main, got "elsewhere"',
    ],
    [
      'two devices of one id',
      { devices: [device, device] },
      'devices.1.id: expected one entry for each, got "kranj/six-1"',
    ],
  ])('%s', async (_case, overrides, line) => {
    folder.write('provision.yaml', { ...PROVISION, ...overrides })
    await expectRefusal([`provision.yaml: ${line}`])
  })

  test('a file that is not there', async () => {
    folder.writeConfig({ destinations: [DESTINATION], provision: 'elsewhere.yaml' })
    await expectRefusal([expect.stringMatching(/^elsewhere\.yaml: ENOENT/)])
  })
})

describe('profiles', () => {
  test.each([
    [
      'a unit that is no code of UN/CEFACT',
      { unit: 'Celsius' },
      /^profiles\/broken\.yaml: entities\.0\.attributes\.temperature\.unit: expected a UN\/CEFACT common code such as CEL \(degree Celsius\), got "Celsius"$/,
    ],
    [
      'a key that is misspelt',
      { unit: 'CEL', scael: 2 },
      /^profiles\/broken\.yaml: entities\.0\.attributes\.temperature\.scael: this key is not known$/,
    ],
    [
      'a sample that does not give what it promises',
      { unit: 'CEL', offset: 1 },
      /broken.*: entities\.0\.temperature\.value: expected 21\.4, got 22\.4$/,
    ],
  ])('%s', async (_case, attribute, line) => {
    const profile = { ...parse(PROFILE), id: 'broken' }
    profile.entities[0].attributes.temperature = { from: 'temperature', ...attribute }
    folder.write('profiles/broken.yaml', profile)
    await expectRefusal([expect.stringMatching(line)])
  })

  test('two profiles of one id', async () => {
    folder.write('profiles/twin.yaml', PROFILE)
    await expectRefusal([
      'profiles/twin.yaml: id: expected an id of its own, got "test-six", which profiles/test-six.yaml has too',
    ])
  })
})

test('a port that is taken ends the start with exit code 1 and the remedy', async () => {
  const occupant = createServer()
  await new Promise<void>(resolve => occupant.listen(0, '127.0.0.1', resolve))
  const address = occupant.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  folder.writeConfig({ destinations: [DESTINATION], mqtt: { listeners: [{ kind: 'tcp', port }] } })
  const { code, stdout, stderr } = await runToExit(folder)
  occupant.close()
  expect({ code, isListening: stdout.includes('"listening"') }).toEqual({ code: 1, isListening: false })
  expect(stderr).toContain(`127.0.0.1:${port}`)
})

test('a second agent on the same data folder ends with exit code 1, and the first one goes on', async () => {
  const first = await AgentProcess.start(folder, { destinations: [DESTINATION] })
  try {
    const { code, stderr } = await runToExit(folder)
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('data') })
    expect((await first.get('/healthz')).status).toBe(200)
  } finally {
    await first.kill9()
  }
})

/** One line per fault, exit code 1, and nothing that was started: no listener, no journal. */
async function expectRefusal(lines: readonly unknown[]): Promise<void> {
  const { code, stdout, stderr } = await runToExit(folder)
  // On which line of a generated file a key stands is not what these tests are about.
  const places = / \(line \d+, column \d+\)$/gm
  expect(stderr.trimEnd().replaceAll(places, '').split('\n')).toEqual(lines)
  expect(code).toBe(1)
  expect(stdout).toBe('')
  expect(existsSync(join(folder.path, 'data/journal'))).toBe(false)
}
