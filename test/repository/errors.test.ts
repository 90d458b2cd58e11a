import { expect, test } from '@jest/globals'
import { ERRORS } from '../../src/errors.ts'
import { readRows, readText } from './files.ts'

test('docs/errors.md holds every error with its message and its remedy, and no other', () => {
  const documented = readRows(readText('docs/errors.md'))
  const known = Object.entries(ERRORS).map(([code, { message, remedy }]) => [`\`${code}\``, message, remedy])
  expect(documented).toEqual(known)
})
