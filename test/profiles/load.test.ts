import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
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

function write(name: string, text: string | Buffer): string {
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

describe('the script of a profile', () => {
  const CODEC = 'function decodeUplink(input) { return { data: {} } } // č'

  function writeProfile(file: string): string {
    return write('maker/model.yaml', stringify({ ...SOUND, decode: { script: { file, path: 'log' } } }))
  }

  function getScript(): unknown {
    const loaded = loadProfiles([folder])
    return loaded.faults ?? loaded.value.get('maker-model')?.decode.script
  }

  test.each(['model.js', 'codecs/model.js', './codecs/../model.js', '/model.js'])(
    'is read from the file %s below the folder of the profile',
    file => {
      mkdirSync(join(folder, 'maker/codecs'))
      write('maker/model.js', CODEC)
      write('maker/codecs/model.js', CODEC)
      writeProfile(file)
      expect(getScript()).toEqual({ source: CODEC, path: 'log', timezone: 'UTC', variables: {} })
    },
  )

  test('may be a link to a file below the folder, as in a mounted volume', () => {
    mkdirSync(join(folder, 'maker/..2026'))
    write('maker/..2026/model.js', CODEC)
    symlinkSync('..2026/model.js', join(folder, 'maker/model.js'))
    writeProfile('model.js')
    expect(getScript()).toMatchObject({ source: CODEC })
  })

  test.each([
    ['above the folder', '../other.js', '"../other.js"'],
    ['in a folder whose name begins like that of the profile', '../maker2/other.js', '"../maker2/other.js"'],
    ['behind a link that leads out', 'link.js', '"link.js"'],
    ['behind a folder that leads out', 'out/other.js', '"out/other.js"'],
    ['the folder itself', '.', '"."'],
    ['a folder', 'codecs', '"codecs"'],
    ['not there', 'missing.js', expect.stringMatching(/^"missing\.js" \(.*ENOENT: /)],
  ])('is refused when the file is %s', (_, named, got) => {
    write('other.js', CODEC)
    mkdirSync(join(folder, 'maker2'))
    write('maker2/other.js', CODEC)
    mkdirSync(join(folder, 'maker/codecs'))
    symlinkSync('../other.js', join(folder, 'maker/link.js'))
    symlinkSync('..', join(folder, 'maker/out'))
    const file = writeProfile(named)
    const expectation = 'expected a file below the folder of the profile, got '
    const [fault = ''] = getFaults()
    expect(fault.startsWith(`${file}: decode.script.file: ${expectation}`)).toBe(true)
    expect(fault.split(expectation)[1]?.replace(' (line 11, column 5)', '')).toEqual(got)
  })

  test('is refused when it is too large or no text', () => {
    const file = writeProfile('model.js')
    write('maker/model.js', Buffer.alloc(262_145, ' '))
    expect(getFaults()).toEqual([
      `${file}: decode.script.file: expected at most 262144 bytes, got 262145 in "model.js" (line 11, column 5)`,
    ])
    write('maker/model.js', Buffer.from([0x2f, 0x2f, 0xff]))
    expect(getFaults()).toEqual([
      `${file}: decode.script.file: expected UTF-8 text, got other bytes in "model.js" (line 11, column 5)`,
    ])
  })
})
