import { expect, test } from '@jest/globals'
import { PROBLEMS } from '../../src/admin/problem-codes.ts'
import { ERRORS } from '../../src/errors.ts'
import { readRows, readText } from '../repository/files.ts'

test('docs/api.md holds every problem with its status, title and remedy, and no other', () => {
  const documented = readRows(readText('docs/api.md').split('## Problems')[1] ?? '')
  const known = Object.entries(PROBLEMS).map(([code, { status, title, remedy }]) => [
    `\`${code}\``,
    String(status),
    title,
    remedy,
  ])
  expect(documented).toEqual(known)
})

test('no code is that of an error, too', () => {
  expect(Object.keys(PROBLEMS).filter(code => Object.hasOwn(ERRORS, code))).toEqual([])
})
