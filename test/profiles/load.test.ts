import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { formatFault } from '../../src/document.ts'
import { loadProfiles } from '../../src/profiles/load.ts'
import { SOUND } from './sound-profile.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'profiles-'))
  mkdirSync(join(folder, 'maker'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return relative(process.cwd(), join(folder, name))
}

function getFaults(): readonly string[] {
  return (loadProfiles([folder]).faults ?? []).map(formatFault)
}

describe('loading profiles', () => {
  test('finds every .yaml file below the folder, and nothing else', () => {
    write('maker/model.yaml', stringify(SOUND))
    write('other.yaml', stringify({ ...SOUND, id: 'other' }))
    write('notes.md', 'no: [profile')
    const loaded = loadProfiles([folder])
    expect([...(loaded.faults === undefined ? loaded.value.keys() : [])]).toEqual(['maker-model', 'other'])
  })

  test('tells all faults of all files at once', () => {
    const a = write('a.yaml', stringify({ ...SOUND, vendor: 1 }))
    const b = write('maker/b.yaml', stringify({ ...SOUND, model: 2, interval: 'often' }))
    expect(getFaults()).toEqual([
      `${a}: vendor: expected string, got 1 (line 2, column 1)`,
      `${b}: model: expected string, got 2 (line 3, column 1)`,
      `${b}: interval: expected a duration with its unit, such as 10m or 1h, got "often" (line 8, column 1)`,
    ])
  })

  test('names both files of an id that is given twice', () => {
    const a = write('a.yaml', stringify(SOUND))
    const b = write('b.yaml', stringify(SOUND))
    expect(getFaults()).toEqual([
      `${b}: id: expected an id of its own, got "maker-model", which ${a} has too (line 1, column 1)`,
    ])
  })

  test('takes a folder that is given twice once', () => {
    write('a.yaml', stringify(SOUND))
    expect(loadProfiles([folder, folder]).faults).toBeUndefined()
  })

  test('names the line of a tab', () => {
    const file = write('tab.yaml', 'id: x\n\tvendor: y\n')
    expect(getFaults()).toEqual([expect.stringMatching(/^\S+tab\.yaml: .* got a tab \(line 2, column 1\)$/)])
    expect(getFaults()[0]?.startsWith(`${file}: `)).toBe(true)
  })

  test('refuses a folder that is not there', () => {
    const missing = join(folder, 'nowhere')
    expect((loadProfiles([missing]).faults ?? []).map(formatFault)).toEqual([
      expect.stringMatching(/nowhere: expected a profile or a folder of profiles, got .*ENOENT/),
    ])
  })
})
