import { describe, expect, test } from '@jest/globals'
import {
  getClientCertificate,
  getLogins,
  type ListenerConfig,
  listenerSchema,
  type TlsListenerConfig,
} from '../../src/config/listener.ts'
import { checkDocument, formatFault } from '../../src/document.ts'

const FILES = { certFile: 'a.pem', keyFile: 'a.key' }

function faultsOf(raw: object): readonly string[] {
  return (checkDocument(listenerSchema, { port: 0, ...raw }, 'x').faults ?? []).map(formatFault)
}

function parse(raw: object): ListenerConfig {
  return listenerSchema.parse({ port: 0, ...raw })
}

describe('a listener without authentication', () => {
  test.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost'])('may listen on %s', host => {
    expect(faultsOf({ kind: 'tcp', host, auth: 'none', anonymousAs: 'kranj/lab' })).toEqual([])
  })

  test.each(['0.0.0.0', '::', '10.0.0.5', '::ffff:10.0.0.5', 'tromost.example.org', '127.0.0.1.example.org'])(
    'is refused on %s (T16)',
    host => {
      expect(faultsOf({ kind: 'tcp', host, auth: 'none', anonymousAs: 'kranj/lab' })).toEqual([
        `x: host: expected a loopback address such as 127.0.0.1, because auth is none, got "${host}"`,
      ])
    },
  )

  test.each(['tls', 'ws', 'wss'])('is refused as %s as well', kind => {
    const raw = { kind, ...(kind !== 'ws' && FILES), host: '0.0.0.0', auth: 'none', anonymousAs: 'kranj/lab' }
    expect(faultsOf(raw)).toHaveLength(1)
  })

  test('has to say whose rights its clients have', () => {
    expect(faultsOf({ kind: 'tcp', auth: 'none' })).toEqual([
      'x: anonymousAs: expected the credential whose rights clients have, because auth is none, got nothing',
    ])
    expect(faultsOf({ kind: 'tcp', auth: 'none', anonymousAs: 'lab' })).toHaveLength(1)
    expect(faultsOf({ kind: 'tcp', anonymousAs: 'kranj/lab' })).toHaveLength(1)
  })

  test('is not behind a load balancer, which would bring anybody to it', () => {
    const proxyProtocol = { from: ['127.0.0.1'] }
    expect(faultsOf({ kind: 'tcp', auth: 'none', anonymousAs: 'kranj/lab', proxyProtocol })).toHaveLength(1)
  })
})

describe('a listener with TLS', () => {
  test.each<[object, string]>([
    [{ kind: 'tls' }, 'certFile: expected our certificate (PEM), got nothing'],
    [{ kind: 'wss', certFile: 'a.pem' }, 'keyFile: expected certFile and keyFile together, got nothing'],
    [
      { kind: 'tls', ...FILES, clientCertificate: 'required' },
      'clientCaFile: expected certificates (PEM), because clientCertificate is required, got nothing',
    ],
    [
      { kind: 'tls', ...FILES, clientCertificate: 'none', clientCaFile: 'ca.pem' },
      'clientCertificate: expected optional or required, because clientCaFile is there, got "none"',
    ],
    [
      { kind: 'tls', ...FILES, crlFile: 'ca.crl' },
      'clientCaFile: expected those who signed crlFile, got nothing',
    ],
    [
      { kind: 'tls', ...FILES, logins: ['certificate'] },
      'logins: expected no certificate, because clients are not asked for one (clientCaFile), got ["certificate"]',
    ],
    [
      { kind: 'tls', ...FILES, clientCaFile: 'ca.pem', logins: ['psk'] },
      'logins: expected no psk, because clientCertificate is required and a handshake has one of them, got ["psk"]',
    ],
    [
      { kind: 'tls', ...FILES, minVersion: 'TLSv1.1' },
      'minVersion: expected one of TLSv1.2, TLSv1.3, got "TLSv1.1"',
    ],
    [{ kind: 'tcp', certFile: 'a.pem' }, 'certFile: this key is not known'],
    [
      { kind: 'ws', origins: ['https://map.example.org/'] },
      'origins.0: expected scheme, host and port, such as https://map.example.org, got "https://map.example.org/"',
    ],
    [
      { kind: 'tcp', proxyProtocol: { from: ['balancer'] } },
      'proxyProtocol.from.0: expected an address or a network, such as 10.0.0.7 or 10.0.0.0/24, got "balancer"',
    ],
  ])('%j is a fault', (raw, fault) => {
    expect(faultsOf(raw)).toEqual([`x: ${fault}`])
  })

  test('asks for certificates where there is somebody to vouch for them', () => {
    const listener = parse({ kind: 'tls', ...FILES, clientCaFile: 'ca.pem' })
    expect(getClientCertificate(listener as TlsListenerConfig)).toBe('required')
    expect(getLogins(listener)).toEqual(['password', 'certificate'])
  })

  test('takes passwords alone where there is nobody', () => {
    const listener = parse({ kind: 'tls', ...FILES })
    expect(getClientCertificate(listener as TlsListenerConfig)).toBe('none')
    expect(getLogins(listener)).toEqual(['password'])
  })

  test('takes what it names and nothing else', () => {
    expect(getLogins(parse({ kind: 'tls', logins: ['psk'] }))).toEqual(['psk'])
    expect(getLogins(parse({ kind: 'ws' }))).toEqual(['password'])
  })
})
