import { expect, test } from '@jest/globals'
import { createMessage } from '../create-message.ts'
import { decodeAs } from '../format-suite.ts'

function decodeField(field: object, hex: string): unknown {
  const [reading] = decodeAs({ bytes: { fields: { n: field } } }, createMessage(Buffer.from(hex, 'hex')))
  return reading?.values['n']
}

test.each([
  [{ read: 'i32swap' }, '0001ffff', -65_535],
  [{ read: 'u32swap' }, '00010002', 131_073],
  [{ read: 'u64be', scale: 0.01 }, '00007048860ddf79', 1_234_567_890_123.45],
  [{ read: 'u8', scale: 0.3 }, '03', 0.9],
  [{ read: 'text', length: 3 }, '414200', 'AB'],
  [{ read: 'text', length: 3 }, '004142', ''],
  [{ read: 'text', length: 2 }, '4142', 'AB'],
  [{ read: 'hex', length: 2 }, '0aff', '0aff'],
  [{ read: 'bcdbe', length: 2 }, '1234', 1234],
  [{ read: 'bcdle', length: 2 }, '3412', 1234],
])('the field %j of the bytes %s is %j', (field, hex, expected) => {
  expect(decodeField(field, hex)).toBe(expected)
})

test.each(['a1', '1a'])('the digits %s are no number', hex => {
  expect(() => decodeField({ read: 'bcdbe', length: 1 }, hex)).toThrow(
    'decimal digits in the halves of bytes',
  )
})
