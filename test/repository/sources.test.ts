import { describe, expect, test } from '@jest/globals'
import { listFiles, readText } from './files.ts'

const LINES_MAX = 250
/** Said in two parts, so that this file does not say it itself. */
const UNFINISHED = new RegExp(`\\b(?:${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')})\\b`)
const TEXT_FILE = /\.(?:ts|mjs|cjs|json|ya?ml|md)$|(?:^|\/)Dockerfile$/

test('nothing is left to be done later in a comment', () => {
  const files = listFiles('.').filter(file => TEXT_FILE.test(file) && file !== 'package-lock.json')
  expect(files.length).toBeGreaterThan(100)
  expect(files.filter(file => UNFINISHED.test(readText(file)))).toEqual([])
})

describe.each(listFiles('src'))('%s', file => {
  const lines = readText(file).trimEnd().split('\n')

  test(`has at most ${LINES_MAX} lines`, () => {
    expect(lines.length).toBeLessThanOrEqual(LINES_MAX)
  })

  test('begins with its contract, in a sentence', () => {
    const first = lines.find(line => !line.startsWith('#!')) ?? ''
    const second = lines[lines.indexOf(first) + 1] ?? ''
    expect(`${first}${second}`).toMatch(/^\/\*\* ?(?: \* )?\S.*[.:]/)
  })
})
