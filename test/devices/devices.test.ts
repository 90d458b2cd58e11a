import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { formatFault } from '../../src/document.ts'
import { lintFiles } from '../../src/profiles/lint-files.ts'
import { loadProfiles } from '../../src/profiles/load.ts'
import { runSamples } from '../../src/profiles/samples.ts'

const FOLDER = 'devices'
const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter(name =>
  name.endsWith('.yaml'),
)
const loaded = loadProfiles([FOLDER])
const profiles = loaded.faults === undefined ? [...loaded.value.values()] : []

test('the profiles that ship have no faults', () => {
  expect((loaded.faults ?? []).map(formatFault)).toEqual([])
  expect(profiles.length).toBeGreaterThanOrEqual(32)
})

describe.each(profiles)('$id', profile => {
  test.each(runSamples(profile))('makes whole entities of $sample', ({ difference }) => {
    expect(difference).toBe('')
  })
})

describe.each(files)('devices/%s', file => {
  const raw: Readonly<Record<string, unknown>> = parse(readFileSync(join(FOLDER, file), 'utf8'))

  test('is named after its vendor and model', () => {
    expect(raw['id']).toBe(file.replace(/\.yaml$/, '').replace(/[\\/]/, '-'))
  })
})

test('the profiles that ship have no errors of style', async () => {
  const { profiles: count, findings } = await lintFiles([FOLDER])
  expect(count).toBe(files.length)
  expect(findings.filter(({ severity }) => severity === 'error').map(formatFault)).toEqual([])
})
