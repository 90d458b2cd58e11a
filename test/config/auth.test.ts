import { describe, expect, test } from '@jest/globals'
import { configSchema } from '../../src/config/config.ts'
import { checkDocument, formatFault } from '../../src/document.ts'

const MAIN = { id: 'main', dialect: 'ngsi-ld', url: 'https://broker.example.org' }
const KEYROCK = {
  kind: 'oauth2',
  tokenUrl: 'https://keyrock.example.org/oauth2/token',
  clientId: 'tromost',
  clientSecret: 'trnovo',
}

describe('OAuth 2.0', () => {
  test('asks with the credentials of the client in Authorization: Basic unless told otherwise', () => {
    const { destinations } = configSchema.parse({ destinations: [{ ...MAIN, auth: KEYROCK }] })
    expect(destinations[0]?.auth).toEqual({
      ...KEYROCK,
      grant: 'client_credentials',
      clientAuth: 'basic',
      header: 'Authorization',
    })
  })

  test.each([
    ['a user', { ...KEYROCK, grant: 'password', username: 'kranj', password: 'x' }],
    ['a refresh token', { ...KEYROCK, grant: 'refresh_token', refreshToken: 'x' }],
    [
      'a public client',
      {
        ...KEYROCK,
        clientSecret: undefined,
        grant: 'password',
        username: 'a',
        password: 'b',
        clientAuth: 'body',
      },
    ],
  ])('takes %s', (_who, auth) => {
    expect(faultsOf({ auth })).toEqual([])
  })

  test.each<[string, object, readonly string[]]>([
    [
      'a client without its secret',
      { clientSecret: undefined },
      ['clientSecret: expected a value, which the grant client_credentials needs, got nothing'],
    ],
    [
      'a user without a name and a password',
      { grant: 'password' },
      [
        'username: expected a value, which the grant password needs, got nothing',
        'password: expected a value, which the grant password needs, got nothing',
      ],
    ],
    [
      'the grant of refreshing without a token',
      { grant: 'refresh_token' },
      ['refreshToken: expected a value, which the grant refresh_token needs, got nothing'],
    ],
    [
      'a password that no grant uses',
      { password: 'trnovo' },
      ['password: expected nothing, as the grant client_credentials does not use it, got "(hidden)"'],
    ],
    [
      'a public client in a header that needs a secret',
      { clientSecret: undefined, grant: 'password', username: 'a', password: 'b' },
      ['clientSecret: expected a value, or clientAuth: body for a public client, got nothing'],
    ],
    [
      'a token server that is none',
      { tokenUrl: 'keyrock' },
      ['tokenUrl: expected an http or https address, got "keyrock"'],
    ],
    [
      'a grant that is none',
      { grant: 'implicit' },
      ['grant: expected one of client_credentials, password, refresh_token, got "implicit"'],
    ],
    ['a key that is not known', { audience: 'x' }, ['audience: this key is not known']],
  ])('%s is a fault', (_case, change, lines) => {
    expect(faultsOf({ auth: { ...KEYROCK, ...change } })).toEqual(
      lines.map(line => `destinations.0.auth.${line}`),
    )
  })
})

describe('TLS', () => {
  test('checks the certificate of the broker unless told otherwise', () => {
    const { destinations } = configSchema.parse({ destinations: [{ ...MAIN, tls: { caFile: 'ca.pem' } }] })
    expect(destinations[0]?.tls).toEqual({ caFile: 'ca.pem', rejectUnauthorized: true })
  })

  test('an address without it is a fault where there are certificates', () => {
    expect(faultsOf({ url: 'http://broker.example.org', tls: { caFile: 'ca.pem' } })).toEqual([
      'destinations.0.url: expected an https address, as there is tls, got "http://broker.example.org"',
    ])
  })

  test('a certificate without its key is a fault', () => {
    expect(faultsOf({ tls: { certFile: 'a.pem' } })).toEqual([
      'destinations.0.tls: expected certFile and keyFile together, got {"certFile":"a.pem"}',
    ])
  })

  test('a login by certificate needs one', () => {
    expect(faultsOf({ auth: { kind: 'mtls' } })).toEqual([
      'destinations.0.tls: expected certFile and keyFile, which auth of the kind mtls needs, got nothing',
    ])
    expect(faultsOf({ auth: { kind: 'mtls' }, tls: { certFile: 'a.pem', keyFile: 'a.key' } })).toEqual([])
  })

  test('the password of a key is not shown', () => {
    expect(faultsOf({ tls: { keyPassword: 5318008 } }).join()).not.toContain('5318008')
  })
})

function faultsOf(change: object): readonly string[] {
  const { faults = [] } = checkDocument(configSchema, { destinations: [{ ...MAIN, ...change }] }, 'x.yaml')
  return faults.map(fault => formatFault(fault).replace(/^x\.yaml: /, ''))
}
