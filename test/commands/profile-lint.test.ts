import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { AgentFolder } from '../support/agent-folder.ts'
import { ensureBuilt, type Ran, runTromost } from './run-tromost.ts'

let folder: AgentFolder

beforeAll(ensureBuilt)

beforeEach(() => {
  folder = new AgentFolder()
})

afterEach(() => folder.remove())

function lint(args: readonly string[]): Promise<Ran> {
  return runTromost(['profile', 'lint', ...args], { cwd: folder.path })
}

function readProfile(): Record<string, unknown> {
  return parse(readFileSync(join(folder.path, 'profiles/test-six.yaml'), 'utf8'))
}

test('the profiles that ship have no errors of style', async () => {
  const { code, stdout, stderr } = await runTromost(['profile', 'lint'])
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/^\d+ profiles, 0 faults, 0 errors, \d+ warnings$/m)
})

test('an error of style is a line with file, key, place and rule, and exit code 1', async () => {
  folder.write('profiles/test-six.yaml', { ...readProfile(), source: 'web' })
  const { code, stdout, stderr } = await lint(['profiles'])
  expect([code, stderr]).toEqual([1, ''])
  expect(stdout).toMatch(
    /^error {4}profiles\/test-six\.yaml: source: expected an address or a few words that say where the numbers come from, got "web" \(line \d+, column 1\) \[source\]$/m,
  )
})

test('a file that is no profile is a fault, and the others are linted', async () => {
  folder.write('profiles/broken.yaml', 'id: x\n\tvendor: y\n')
  const { code, stdout } = await lint(['profiles'])
  expect(code).toBe(1)
  expect(stdout).toContain(
    'fault    profiles/broken.yaml: expected spaces as indentation, got a tab (line 2, column 1)\n',
  )
  expect(stdout).toMatch(/^1 profiles, 1 faults, \d+ errors, \d+ warnings$/m)
})

test('findings are told as JSON', async () => {
  folder.write('profiles/test-six.yaml', { ...readProfile(), source: 'web' })
  const { code, stdout } = await lint(['profiles', '--json'])
  const { profiles, faults, findings } = JSON.parse(stdout)
  expect([code, profiles, faults]).toEqual([1, 1, []])
  expect(findings).toContainEqual(
    expect.objectContaining({ file: 'profiles/test-six.yaml', rule: 'source', severity: 'error', column: 1 }),
  )
})
