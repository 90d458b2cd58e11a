import { expect, test } from '@jest/globals'
import { splitFields } from '../../src/decode/text-fields.ts'

test.each([
  ['a; b ;c', ['a', 'b', 'c']],
  ['', ['']],
  [';', ['', '']],
  ['"a; b" ;c', ['a; b', 'c']],
  ['" a ";" b"', [' a ', ' b']],
  ['"a ""b""";c', ['a "b"', 'c']],
  ['"";c', ['', 'c']],
  ['" ;c', ['" ;c']],
  ['a"b;c";d', ['a"b;c"', 'd']],
  ['"a"b;c', ['"a"b', 'c']],
  ['"', ['"']],
])('the line %j has the fields %j', (line, fields) => {
  expect(splitFields(line, ';')).toEqual(fields)
})
