import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { AgentFolder } from '../support/agent-folder.ts'
import { ensureBuilt, runTromost } from './run-tromost.ts'

const OK = /^ok {4}[a-z0-9-]+: .+$/

let folder: AgentFolder

beforeAll(ensureBuilt)

beforeEach(() => {
  folder = new AgentFolder()
})

afterEach(() => folder.remove())

/** The profile of the folder, with something changed. */
function writeProfile(change: (profile: { samples: { entities: object[] }[] }) => void): void {
  const profile = parse(readFileSync(join(folder.path, 'profiles/test-six.yaml'), 'utf8'))
  change(profile)
  folder.write('profiles/test-six.yaml', stringify(profile))
}

test('every sample of every profile that ships is a line, and all pass', async () => {
  const { code, stdout, stderr } = await runTromost(['profile', 'test'])
  expect([code, stderr]).toEqual([0, ''])
  const lines = stdout.trimEnd().split('\n')
  expect(lines.filter(line => !OK.test(line))).toEqual([])
  expect(lines.length).toBeGreaterThan(12)
})

test('a single profile can be named by its file, or by its folder', async () => {
  for (const path of ['profiles/test-six.yaml', 'profiles']) {
    expect(await runTromost(['profile', 'test', path], { cwd: folder.path })).toEqual({
      code: 0,
      stdout: 'ok    test-six: all six values\n',
      stderr: '',
    })
  }
})

describe('a sample that does not give what it promises', () => {
  beforeEach(() =>
    writeProfile(({ samples: [sample] }) => {
      Object.assign(sample?.entities[0] ?? {}, { type: 'AirQualityObserved' })
    }),
  )

  test('is a line with the difference, and exit code 1', async () => {
    expect(await runTromost(['profile', 'test', 'profiles'], { cwd: folder.path })).toEqual({
      code: 1,
      stdout: [
        'FAIL  test-six: all six values\n',
        '      entities.0.type: expected "AirQualityObserved", got "WeatherObserved"\n',
      ].join(''),
      stderr: '',
    })
  })

  test('is told as JSON', async () => {
    const { code, stdout } = await runTromost(['profile', 'test', '--json', 'profiles'], { cwd: folder.path })
    expect([code, JSON.parse(stdout)]).toEqual([
      1,
      {
        faults: [],
        results: [
          {
            profile: 'test-six',
            sample: 'all six values',
            passed: false,
            difference: 'entities.0.type: expected "AirQualityObserved", got "WeatherObserved"',
          },
        ],
      },
    ])
  })
})

describe('a profile that is none', () => {
  beforeEach(() => writeProfile(profile => Object.assign(profile, { vendro: 'x' })))

  test('is told with all its faults, and exit code 1', async () => {
    expect(await runTromost(['profile', 'test', 'profiles'], { cwd: folder.path })).toEqual({
      code: 1,
      stdout: '',
      stderr: 'profiles/test-six.yaml: vendro: this key is not known (line 87, column 1)\n',
    })
  })

  test('is told as JSON', async () => {
    const { code, stdout } = await runTromost(['profile', 'test', 'profiles', '--json'], { cwd: folder.path })
    const faults = [
      {
        file: 'profiles/test-six.yaml',
        key: 'vendro',
        problem: 'this key is not known',
        line: 87,
        column: 1,
      },
    ]
    expect([code, JSON.parse(stdout)]).toEqual([1, { faults }])
  })
})

test('a path that is not there is a fault', async () => {
  expect(await runTromost(['profile', 'test', 'nowhere'], { cwd: folder.path })).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^nowhere: .*ENOENT/),
  })
})
