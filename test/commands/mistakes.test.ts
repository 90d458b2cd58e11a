import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { AgentFolder } from '../support/agent-folder.ts'
import { ensureBuilt, runTromost } from './run-tromost.ts'

const GOOD = `id: maker-model
vendor: Maker
model: Model
description:
  en: Temperature sensor
  sl: Senzor temperature
source: made for tests
interval: 10m
decode: { json: {} }
entities:
  - type: WeatherObserved
    attributes:
      temperature: { from: t, min: -40, max: 85, unit: CEL }
samples:
  - name: a heartbeat
    payload: { json: {} }
    device: { id: d1 }
    entities: []
`

const AT = 'entities.0.attributes.temperature'
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f']
const BOMB = NAMES.map(
  (name, at) => `${name}: &${name} [${Array(9).fill(at === 0 ? 'x' : `*${NAMES[at - 1]}`)}]`,
)

/** What an administrator writes, as a change of a profile that is sound, and what he is told. */
const MISTAKES: Readonly<Record<string, readonly [written: string | Buffer, told: string]>> = {
  alias: [
    change('Maker', '*maker'),
    'expected an anchor &maker before the alias *maker, got none (line 2, column 9)',
  ],
  bomb: [BOMB.join('\n'), 'expected aliases that stay small, got some that multiply (line 6, column 32)'],
  brackets: [`id: ${'['.repeat(100_000)}`, 'expected at most 64 levels, got more (line 1, column 69)'],
  'double-key': [
    change('model: Model', 'vendor: Model'),
    'expected every key once, got vendor again (line 3, column 1)',
  ],
  eui: [
    change('id: d1', 'id: 24e124136502217'),
    'samples.0.device.id: expected string, got Infinity (line 17, column 15)',
  ],
  expression: [
    change('from: t', 'expr: "t +"'),
    `${AT}.expr: expected a value at character 4, got "t +" (line 13, column 22)`,
  ],
  interval: [
    change('10m', '99999999999d'),
    'interval: expected at most 366d, got "99999999999d" (line 8, column 1)',
  ],
  latin: [
    Buffer.from(change('Senzor', 'Č').replace('Č', '\u00e8'), 'latin1'),
    'expected UTF-8 text, got other bytes (line 6, column 1)',
  ],
  merge: [
    change('vendor', '<<: { model: x }\nvendor'),
    '<<: merge keys are not understood: write the keys out (line 2, column 1)',
  ],
  'no-sample': [
    GOOD.slice(0, GOOD.indexOf('samples:')),
    'samples: expected a list with at least one sample, got nothing',
  ],
  number: [change('85', '1e999'), `${AT}.max: expected number, got Infinity (line 13, column 41)`],
  path: [
    change('from: t', 'from: t..x'),
    `${AT}.from: expected a path into the values, such as temperature or em:0.voltage, or device.attributes.floor, got "t..x" (line 13, column 22)`,
  ],
  tab: [change('  en:', '\ten:'), 'expected spaces as indentation, got a tab (line 5, column 1)'],
  tag: [change('Maker', '!env MAKER'), 'expected no tag, got !env (line 2, column 9)'],
  twice: [
    GOOD,
    'id: expected an id of its own, got "maker-model", which profiles/good.yaml has too (line 1, column 1)',
  ],
  unit: [
    change('CEL', 'Celsius'),
    `${AT}.unit: expected a UN/CEFACT common code such as CEL (degree Celsius), got "Celsius" (line 13, column 50)`,
  ],
  utf16: [Buffer.from(`\ufeff${GOOD}`, 'utf16le'), 'expected UTF-8 text, got UTF-16: save it as UTF-8'],
}

let folder: AgentFolder

beforeAll(() => {
  ensureBuilt()
  folder = new AgentFolder()
  folder.writeConfig({})
  folder.write('provision.yaml', '')
  folder.write('profiles/good.yaml', GOOD)
  for (const [name, [written]] of Object.entries(MISTAKES)) {
    writeFileSync(join(folder.path, `profiles/${name}.yaml`), written)
  }
})

afterAll(() => folder.remove())

describe.each([
  ['check', ['check', '--config', 'tromost.yaml']],
  ['profile test', ['profile', 'test', 'profiles']],
])("tells an administrator's mistakes", (verb, args) => {
  test(`with file, place, key, expectation and value: ${verb}`, async () => {
    const { code, stdout, stderr } = await runTromost(args, { cwd: folder.path })
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr.trimEnd().split('\n')).toEqual(
      Object.entries(MISTAKES).map(([name, [, told]]) => `profiles/${name}.yaml: ${told}`),
    )
  })
})

test('a byte order mark is no mistake, and neither is an anchor', async () => {
  const marked = `\ufeff${change('Maker', '&maker Maker').replace('model: Model', 'model: *maker')}`
  folder.write('marked.yaml', marked)
  expect(await runTromost(['profile', 'test', 'marked.yaml'], { cwd: folder.path })).toEqual({
    code: 0,
    stdout: 'ok    maker-model: a heartbeat\n',
    stderr: '',
  })
})

test('a path that no sample has is told by the linter, with what was probably meant', async () => {
  const sample = `samples:
  - name: warm
    payload: { json: { temperature: 21.5 } }
    device: { id: d1 }
    entities: []
`
  const profile = change('from: t', 'from: temprature')
  folder.write('misspelt.yaml', profile.slice(0, profile.indexOf('samples:')) + sample)
  const { stdout } = await runTromost(['profile', 'lint', 'misspelt.yaml'], { cwd: folder.path })
  expect(stdout).toContain(
    `misspelt.yaml: ${AT}.from: expected a path that a sample has, got temprature (was temperature meant?) (line 13, column 22) [path]\n`,
  )
})

function change(from: string, to: string): string {
  return GOOD.replace(from, () => to)
}
