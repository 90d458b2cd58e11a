import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { configSchema } from '../../src/config/config.ts'
import { checkDocument, formatFault } from '../../src/document.ts'
import { lintProfile } from '../../src/profiles/lint.ts'
import { loadModelNames } from '../../src/profiles/model-names.ts'
import { profileSchema } from '../../src/profiles/profile.ts'
import { runSamples } from '../../src/profiles/samples.ts'
import { provisionSchema } from '../../src/registry/provision.ts'
import { openPool } from '../decode-sandbox/sandbox-pool.ts'
import { readText } from './files.ts'

/** Blocks of a language, also where they stand in a list. */
function readExamples(file: string, language = 'yaml'): readonly string[] {
  const block = new RegExp(`^( *)\`\`\`${language}\\n(.*?)^\\1\`\`\`$`, 'gms')
  return [...readText(file).matchAll(block)].map(([, indentation = '', text = '']) =>
    text.replaceAll(new RegExp(`^${indentation}`, 'gm'), ''),
  )
}

describe('the profiles that CONTRIBUTING.md adds', () => {
  const [code = ''] = readExamples('CONTRIBUTING.md', 'js')
  const profiles = readExamples('CONTRIBUTING.md')
    .map(example => parse(example))
    .filter(example => typeof example.id === 'string')

  test('are one of JSON, one of bytes and one of a script', () => {
    expect(profiles.map(({ decode }) => Object.keys(decode))).toEqual([['json'], ['channels'], ['script']])
  })

  test.each(profiles)('$id has no faults, its samples pass, and so does its style', async raw => {
    // The script stands beside the profile in a file; here it stands in it.
    const profile = raw.decode.script === undefined ? raw : { ...raw, decode: { script: { source: code } } }
    const checked = checkDocument(profileSchema, profile, 'CONTRIBUTING.md')
    expect((checked.faults ?? []).map(formatFault)).toEqual([])
    if (checked.faults !== undefined) return
    const results = await runSamples([checked.value], openPool)
    expect(results.map(({ difference }) => difference)).toEqual(['', ''])
    const style = lintProfile({
      file: `devices/${raw.id.replace('-', '/')}.yaml`,
      raw: profile,
      profile: checked.value,
      locate: () => undefined,
      models: loadModelNames(),
      readings: [],
    })
    expect(style.map(formatFault)).toEqual([])
  })
})

test('the provisioning and the destination of the README have no faults', () => {
  const [provision = '', destinations = ''] = readExamples('README.md')
  const faults = [
    ...(checkDocument(provisionSchema, parse(provision), 'README.md').faults ?? []),
    ...(checkDocument(configSchema, parse(destinations), 'README.md').faults ?? []),
  ]
  expect(faults.map(formatFault)).toEqual([])
})
