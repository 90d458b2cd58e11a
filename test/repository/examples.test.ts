import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { configSchema } from '../../src/config/config.ts'
import { checkDocument, formatFault } from '../../src/document.ts'
import { profileSchema } from '../../src/profiles/profile.ts'
import { runSamples } from '../../src/profiles/samples.ts'
import { provisionSchema } from '../../src/registry/provision.ts'
import { readText } from './files.ts'

/** YAML blocks, also where they stand in a list. */
function readExamples(file: string): readonly string[] {
  const blocks = readText(file).matchAll(/^( *)```yaml\n(.*?)^\1```$/gms)
  return [...blocks].map(([, indentation = '', block = '']) =>
    block.replaceAll(new RegExp(`^${indentation}`, 'gm'), ''),
  )
}

test('the profile that CONTRIBUTING.md adds has no faults, and its samples pass', async () => {
  const [example = ''] = readExamples('CONTRIBUTING.md')
  const checked = checkDocument(profileSchema, parse(example), 'CONTRIBUTING.md')
  expect((checked.faults ?? []).map(formatFault)).toEqual([])
  const results = checked.faults === undefined ? await runSamples([checked.value]) : []
  expect(results.map(({ difference }) => difference)).toEqual([''])
})

test('the provisioning and the destination of the README have no faults', () => {
  const [provision = '', destinations = ''] = readExamples('README.md')
  const faults = [
    ...(checkDocument(provisionSchema, parse(provision), 'README.md').faults ?? []),
    ...(checkDocument(configSchema, parse(destinations), 'README.md').faults ?? []),
  ]
  expect(faults.map(formatFault)).toEqual([])
})
