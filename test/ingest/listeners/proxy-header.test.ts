import { describe, expect, test } from '@jest/globals'
import { readProxyHeader } from '../../../src/ingest/listeners/proxy-header.ts'

const SIGNATURE = '0d0a0d0a000d0a515549540a'

function read(text: string | Buffer) {
  return readProxyHeader(Buffer.from(text as string, 'latin1'))
}

function readHex(hex: string) {
  return readProxyHeader(Buffer.from(SIGNATURE + hex, 'hex'))
}

describe('version 1', () => {
  test.each([
    ['PROXY TCP4 192.0.2.7 10.0.0.5 56324 1883\r\n', '192.0.2.7'],
    ['PROXY TCP6 2001:db8::7 ::1 56324 1883\r\n', '2001:db8::7'],
    ['PROXY UNKNOWN\r\n', undefined],
    ['PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n', undefined],
  ])('%j', (line, address) => {
    expect(read(`${line}rest`)).toEqual({ address, length: line.length })
  })

  test('is waited for until its line ends', () => {
    const line = 'PROXY TCP4 192.0.2.7 10.0.0.5 56324 1883\r\n'
    for (let length = 0; length < line.length; length += 1)
      expect(read(line.slice(0, length))).toBeUndefined()
  })

  test.each([
    'PROXY TCP4 2001:db8::7 ::1 1 2\r\n',
    'PROXY TCP4 192.0.2.7\r\n',
    'PROXY TCP4 192.0.2.700 10.0.0.5 1 2\r\n',
    'PROXY UDP4 192.0.2.7 10.0.0.5 1 2\r\n',
    `PROXY UNKNOWN ${'x'.repeat(100)}\r\n`,
    `PROXY TCP4 ${'x'.repeat(100)}`,
    'GET / HTTP/1.1\r\n\r\n',
    '\x10\x0c\x00\x04MQTT',
  ])('%j is none', line => {
    expect(() => read(line)).toThrow(/expected/)
  })
})

describe('version 2', () => {
  test.each([
    ['2111000cc00002070a000005dc04075b', '192.0.2.7', 28],
    [`21210024${'20010db8000000000000000000000007'}${'0'.repeat(31)}1dc04075b`, '2001:db8::7', 52],
    ['2111000fc00002070a000005dc04075b040000', '192.0.2.7', 31],
    ['20000000', undefined, 16],
    ['20110004ffffffff', undefined, 20],
  ])('%s', (hex, address, length) => {
    expect(readHex(`${hex}ff`)).toEqual({ address, length })
  })

  test('is waited for until all of it is there', () => {
    const hex = '2111000cc00002070a000005dc04075b'
    for (let length = 0; length < hex.length; length += 2)
      expect(readHex(hex.slice(0, length))).toBeUndefined()
  })

  test.each([
    '1111000c',
    '2211000c',
    '2111ffff',
    '21110004c0000207',
    '2112000cc00002070a000005dc04075b',
    '213100d8',
  ])('%s is none', hex => {
    expect(() => readHex(hex.padEnd(500, '0'))).toThrow(/expected/)
  })
})
