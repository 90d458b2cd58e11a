import { expect, test } from '@jest/globals'
import { listNames, readText } from './files.ts'

const README = readText('README.md')
const [, TREE = ''] = /## The repository\n\n```\n([^`]*)```/.exec(README) ?? []

/** A line holds one name and, after a gap, its description; or names alone. */
function readTree(indentation: '' | '  '): readonly string[] {
  return TREE.split('\n')
    .filter(line => line.startsWith(indentation) && /^\S/.test(line.slice(indentation.length)))
    .flatMap(line => line.trim().split(/ {2,}/).slice(0, 1))
    .flatMap(names => names.split(' '))
}

test('the tree in the README is the tree on disk', () => {
  expect([...readTree('')].sort()).toEqual([...listNames('.')].sort())
})

test('the tree in the README names all that lies in src', () => {
  expect([...readTree('  ')].sort()).toEqual([...listNames('src')].sort())
})

test('the README is short enough to be read', () => {
  expect(README.split('\n').length).toBeLessThan(200)
})
