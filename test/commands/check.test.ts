import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { AgentFolder } from '../support/agent-folder.ts'
import { toDestination, toProvision } from '../support/town.ts'
import { ensureBuilt, type Ran, runTromost } from './run-tromost.ts'

const DESTINATION = toDestination('http://127.0.0.1:9')
const ARGS = ['check', '--config', 'tromost.yaml']

let folder: AgentFolder

beforeAll(ensureBuilt)

beforeEach(() => {
  folder = new AgentFolder()
  folder.writeConfig({ destinations: [DESTINATION] })
  folder.write('provision.yaml', toProvision(['six-1', 'six-2']))
})

afterEach(() => folder.remove())

function check(
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  return runTromost([...ARGS, ...args], { cwd: folder.path, environment })
}

describe('a sound configuration', () => {
  test('is told with what was counted, and exit code 0', async () => {
    expect(await check()).toEqual({
      code: 0,
      stdout: '1 profiles, 1 tenants, 2 devices, 1 destinations checked, no faults\n',
      stderr: '',
    })
  })

  test('is told as JSON', async () => {
    const { code, stdout } = await check(['--json'])
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      { faults: [], warnings: [], profiles: 1, tenants: 1, devices: 2, destinations: 1 },
    ])
  })

  test('is checked without leaving anything behind', async () => {
    const before = readdirSync(folder.path).toSorted()
    await check()
    expect(readdirSync(folder.path).toSorted()).toEqual(before)
    expect(existsSync(join(folder.path, 'data'))).toBe(false)
  })

  test('is the one that ships with the product', async () => {
    expect(await runTromost(['check'])).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('faults', () => {
  test('a bridge for a tenant that is not there is one', async () => {
    const bridge = { id: 'lora', tenant: 'krnaj', url: 'mqtt://127.0.0.1', topics: ['a/#'] }
    folder.writeConfig({ destinations: [DESTINATION], bridges: [bridge] })
    expect(await check()).toMatchObject({
      code: 1,
      stderr: 'tromost.yaml: bridges.0.tenant: expected the id of a tenant, got "krnaj"\n',
    })
  })

  test('of the configuration are a line each, and exit code 1', async () => {
    folder.writeConfig({ destinations: [DESTINATION], http: { port: -1 }, jurnal: {} })
    expect(await check()).toEqual({
      code: 1,
      stdout: '',
      stderr: [
        'tromost.yaml: http.port: expected at least 0, got -1 (line 15, column 3)\n',
        'tromost.yaml: jurnal: this key is not known (line 24, column 1)\n',
      ].join(''),
    })
  })

  test('of the configuration are told as JSON, too', async () => {
    folder.writeConfig({ destinations: [DESTINATION], http: { port: -1 } })
    const { code, stdout, stderr } = await check(['--json'])
    expect([code, stderr]).toEqual([1, ''])
    expect(JSON.parse(stdout)).toEqual({
      faults: [
        {
          file: 'tromost.yaml',
          key: 'http.port',
          problem: 'expected at least 0, got -1',
          line: 15,
          column: 3,
        },
      ],
    })
  })

  test('of the certificates of a destination are told', async () => {
    const url = 'https://127.0.0.1:9'
    folder.writeConfig({ destinations: [{ ...DESTINATION, url, tls: { caFile: 'nowhere.pem' } }] })
    expect(await check()).toMatchObject({
      code: 1,
      stderr:
        "tromost.yaml: destinations.0: tls.caFile: expected a file that can be read, got: ENOENT: no such file or directory, open 'nowhere.pem'\n",
    })
  })

  test('of variables are told', async () => {
    expect(await check([], { TROMOST_HTTP__PORT: 'many' })).toMatchObject({
      code: 1,
      stderr: 'tromost.yaml: http.port: expected number, got "many"\n',
    })
  })

  test('of the provisioning and of a profile are told together', async () => {
    const [device] = toProvision(['six-1']).devices
    folder.write('provision.yaml', { ...toProvision([]), devices: [{ ...device, profile: 'nowhere' }] })
    folder.write('profiles/broken.yaml', BROKEN_PROFILE)
    const { code, stderr } = await check()
    expect(code).toBe(1)
    expect(stderr.trimEnd().split('\n')).toEqual([
      'profile broken: sample "warm": entities.0.temperature.value: expected 21.4, got 22.4',
      'provision.yaml: devices.0.profile: expected the id of a loaded profile, got "nowhere" (line 27, column 5)',
    ])
  })

  test('never show a secret', async () => {
    const login = {
      tenant: 'kranj',
      username: 'gateway',
      password: 'hunter2',
      passwordHash: 'scrypt$hunter2',
    }
    folder.write('provision.yaml', { ...toProvision([]), credentials: [login] })
    const faults = await check([], { TROMOST_DESTINATIONS__0__AUTH: '{ kind: bearer, token: [hunter2] }' })
    expect(faults.code).toBe(1)
    const others = await check(['--json'])
    expect(others.code).toBe(1)
    expect(JSON.stringify([faults, others])).not.toContain('hunter2')
  })

  test('of a file that is not there name it', async () => {
    expect(await runTromost(['check', '--config', 'nowhere.yaml'], { cwd: folder.path })).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^nowhere\.yaml: ENOENT/),
    })
  })
})

const BROKEN_PROFILE = {
  id: 'broken',
  vendor: 'Tromost',
  model: 'Broken sensor',
  description: {
    en: 'A sensor whose sample promises too much',
    sl: 'Senzor, katerega vzorec obljublja preveč',
  },
  source: 'test/commands/check.test.ts',
  interval: '10m',
  decode: { json: {} },
  entities: [{ type: 'WeatherObserved', attributes: { temperature: { from: 't', unit: 'CEL', offset: 1 } } }],
  samples: [
    {
      name: 'warm',
      payload: { json: { t: 21.4 } },
      device: { id: 'six-1' },
      entities: [
        {
          id: 'urn:ngsi-ld:WeatherObserved:six-1',
          type: 'WeatherObserved',
          temperature: {
            type: 'Property',
            value: 21.4,
            unitCode: 'CEL',
            observedAt: '2026-01-15T09:00:00.000Z',
          },
        },
      ],
    },
  ],
}
