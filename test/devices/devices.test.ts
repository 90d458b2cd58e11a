import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { formatFault } from '../../src/document.ts'
import { lintFiles } from '../../src/profiles/lint-files.ts'
import { loadProfiles } from '../../src/profiles/load.ts'
import { runSamples } from '../../src/profiles/samples.ts'
import { openPool } from '../decode-sandbox/sandbox-pool.ts'

const FOLDER = 'devices'
const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter(name =>
  name.endsWith('.yaml'),
)
const loaded = loadProfiles([FOLDER])
const profiles = loaded.faults === undefined ? [...loaded.value.values()] : []
const results = await runSamples(profiles, openPool)

test('the profiles that ship have no faults', () => {
  expect((loaded.faults ?? []).map(formatFault)).toEqual([])
  expect(profiles.length).toBeGreaterThanOrEqual(32)
})

describe.each(profiles)('$id', profile => {
  test.each(results.filter(result => result.profile === profile.id))(
    'makes whole entities of $sample',
    ({ difference }) => {
      expect(difference).toBe('')
    },
  )

  test('names the @context of every entity, for each placement that has a type of its own', () => {
    for (const { type, context } of profile.entities) {
      expect(context).toBeDefined()
      if (typeof type !== 'string' && typeof context !== 'string') {
        expect(Object.keys(context ?? {})).toEqual(Object.keys(type))
      }
    }
  })
})

describe.each(files)('devices/%s', file => {
  const raw: Readonly<Record<string, unknown>> = parse(readFileSync(join(FOLDER, file), 'utf8'))

  test('is named after its vendor and model', () => {
    expect(raw['id']).toBe(file.replace(/\.yaml$/, '').replace(/[\\/]/, '-'))
  })
})

test('the profiles that ship have no errors of style', async () => {
  const { profiles: count, findings } = await lintFiles([FOLDER], openPool)
  expect(count).toBe(files.length)
  expect(findings.filter(({ severity }) => severity === 'error').map(formatFault)).toEqual([])
})
