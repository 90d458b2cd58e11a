import { expect, test } from '@jest/globals'
import { readRows, readText } from './files.ts'

const { dependencies, devDependencies } = JSON.parse(readText('package.json'))
const [RUN_TIME = '', DEVELOPMENT = ''] = readText('docs/dependencies.md').split('## ').slice(1)

test.each([
  ['at run time', dependencies, RUN_TIME],
  ['for development', devDependencies, DEVELOPMENT],
])(
  'docs/dependencies.md says of each dependency %s why it is there, and of no other',
  (_kind, versions, part) => {
    const rows = readRows(part)
    expect(rows.map(([name]) => name)).toEqual(Object.keys(versions).map(name => `\`${name}\``))
    expect(rows.filter(([, why = '']) => why.length < 20)).toEqual([])
  },
)

test('every version in package.json is an exact one', () => {
  const versions = Object.entries<string>({ ...dependencies, ...devDependencies })
  expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
})
