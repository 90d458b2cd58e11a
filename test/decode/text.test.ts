import { describe, expect, test } from '@jest/globals'
import { compileDecoder } from '../../src/decode/decode.ts'
import { createProfile } from '../profiles/sound-profile.ts'
import { createMessage, RECEIVED_AT } from './create-message.ts'

function decode(payload: string | Buffer, format: object = {}, topic?: string) {
  return compileDecoder(createProfile({ decode: { text: format } }))(createMessage(payload, topic))
}

describe('decoding text', () => {
  test.each([
    ['25.3', {}, 25.3],
    [' -0.5\r\n', {}, -0.5],
    ['1e3', {}, 1000],
    ['nan', {}, 'nan'],
    ['0x10', {}, '0x10'],
    ['25 °C', {}, '25 °C'],
    ['2,45', {}, '2,45'],
    ['2,45', { decimal: ',' }, 2.45],
    ['1.234', { decimal: ',' }, '1.234'],
    ['7\0', {}, 7],
    ['1e999', {}, '1e999'],
  ])('takes %j with %j as a value', (payload, format, value) => {
    expect(decode(payload, format)).toEqual([{ values: { value }, observedAt: RECEIVED_AT }])
  })

  test('names the value as the profile says, or as the topic does', () => {
    expect(decode('1', { name: 'level' })[0]?.values).toEqual({ level: 1 })
    expect(decode('1', { name: 'level' }, '/key/d1/attrs/t')[0]?.values).toEqual({ t: 1 })
  })

  test.each(['', '  ', '\0', 'a\u0007b', Buffer.from([0xc3, 0x28])])('refuses %j', payload => {
    expect(() => decode(payload)).toThrow('DECODE_FAILED')
  })
})
