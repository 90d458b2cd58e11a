import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { checkDocument, formatFault } from '../../src/document.ts'
import { profileSchema } from '../../src/profiles/profile.ts'
import { runSamples } from '../../src/profiles/samples.ts'

const YAML_BLOCK = /^```yaml\n(.*?)^```$/gms

test.each(['docs/profiles.md', 'devices/README.md'])(
  'the first example of %s does what it says',
  async file => {
    const [[, example = ''] = []] = readFileSync(file, 'utf8').matchAll(YAML_BLOCK)
    const checked = checkDocument(profileSchema, parse(example), file)
    expect((checked.faults ?? []).map(formatFault)).toEqual([])
    const results = checked.faults === undefined ? await runSamples([checked.value]) : []
    expect(results.map(({ difference }) => difference)).not.toEqual([])
    expect(results.filter(({ passed }) => !passed)).toEqual([])
  },
)

test('the reference names every key of the schema', () => {
  const reference = readFileSync('docs/profiles.md', 'utf8')
  const entity = profileSchema.shape.entities.element.shape
  const keys = [
    ...Object.keys(profileSchema.shape),
    ...Object.keys(entity),
    ...Object.keys(entity.attributes.valueType.shape),
    ...Object.keys(profileSchema.shape.samples.element.shape),
  ]
  expect(keys.filter(key => !reference.includes(`\`${key}\``))).toEqual([])
})
