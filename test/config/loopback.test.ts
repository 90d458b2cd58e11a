import { expect, test } from '@jest/globals'
import { isLoopback } from '../../src/config/loopback.ts'

test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('%s is this machine only', host => {
  expect(isLoopback(host)).toBe(true)
})

test.each([
  '0.0.0.0',
  '::',
  '192.168.1.1',
  '128.0.0.1',
  '::2',
  'localhost.example.org',
  'example.org',
  '',
  '127.1',
])('%j may be reached from elsewhere', host => {
  expect(isLoopback(host)).toBe(false)
})
