import { expect, test } from '@jest/globals'
import { configSchema } from '../../src/config/config.ts'
import { checkDocument, formatFault } from '../../src/document.ts'

const LORA = { id: 'lora', tenant: 'kranj', url: 'mqtts://broker.example.org', topics: ['a/+/up'] }

function faultsOf(...bridges: readonly object[]): readonly string[] {
  const { faults = [] } = checkDocument(configSchema, { bridges }, 'x.yaml')
  return faults.map(fault => formatFault(fault).replace(/^x\.yaml: bridges\.?/, ''))
}

test('a bridge needs no more than a tenant, an address and topics', () => {
  expect(configSchema.parse({ bridges: [LORA] }).bridges).toEqual([LORA])
})

test.each<[string, object, string]>([
  [
    'an address of HTTP',
    { url: 'http://broker' },
    '0.url: expected an mqtt or mqtts address, got "http://broker"',
  ],
  [
    'a filter that is none',
    { topics: ['a/#/b'] },
    '0.topics.0: expected an MQTT topic filter: + and # only as whole levels, # only last, got "a/#/b"',
  ],
  ['no topic', { topics: [] }, '0.topics: expected at least 1, got []'],
  [
    'a password alone',
    { password: 'p' },
    '0.username: expected a user name beside the password, got nothing',
  ],
  [
    'a certificate alone',
    { tls: { certFile: 'c.pem' } },
    '0.tls: expected certFile and keyFile together, got {"certFile":"c.pem"}',
  ],
  [
    'TLS without an address of it',
    { url: 'mqtt://broker', tls: {} },
    '0.tls: expected an mqtts address beside tls, got {}',
  ],
])('%s is a fault', (_case, change, line) => {
  expect(faultsOf({ ...LORA, ...change })).toEqual([line])
})

test('a login in the address is a fault that does not show it', () => {
  expect(faultsOf({ ...LORA, url: 'mqtt://me:5318008@broker' })).toEqual([
    '0.password: expected the login in username and password, and none in url, got nothing',
  ])
})

test('two bridges of one id are a fault that does not show their passwords', () => {
  const [line = '', ...others] = faultsOf({ ...LORA, username: 'me', password: '5318008' }, LORA)
  expect(others).toEqual([])
  expect(line).toMatch(/^: expected every bridge to have an id of its own, got /)
  expect(line).not.toContain('531')
})
