import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { readCertificate, readRevocationLists } from '../../src/tls/certificate.ts'
import { readCertificates, readPem } from '../../src/tls/pem.ts'
import { Authority } from '../support/authority.ts'
import { getTlsFile } from '../support/test-server.ts'

const authority = new Authority('City of Kranj')

function read(pem: string) {
  const [bytes = Buffer.alloc(0)] = readPem(pem, 'CERTIFICATE')
  return readCertificate(bytes)
}

describe('a certificate', () => {
  test('of openssl is read as Node.js reads it', () => {
    const pem = readFileSync(getTlsFile('broker.pem'), 'utf8')
    const { serial, commonNames, alternativeNames } = read(pem)
    expect(serial.toUpperCase()).toBe(new X509Certificate(pem).serialNumber)
    // An IP address is no name.
    expect({ commonNames, alternativeNames }).toEqual({
      commonNames: ['test broker'],
      alternativeNames: ['localhost'],
    })
  })

  test('tells its names as they are, whatever stands in them', () => {
    const cn = 'šest, CN=admin\nDNS:lamp'
    const { cert } = authority.issue({
      cn,
      dns: ['a.kranj.si', 'b, DNS:c'],
      email: 'a@b.si',
      uri: 'urn:dev:1',
    })
    expect(read(cert)).toMatchObject({
      commonNames: [cn],
      alternativeNames: ['a.kranj.si', 'b, DNS:c', 'a@b.si', 'urn:dev:1'],
    })
  })

  test('has all the CNs of its subject', () => {
    expect(read(authority.issue({ cns: ['one', 'two'] }).cert).commonNames).toEqual(['one', 'two'])
  })

  test('names its issuer as the certificate of that one names itself', () => {
    const issuer = read(authority.cert)
    expect(read(authority.issue({}).cert).issuer).toBe(issuer.issuer)
  })

  test.each(['', '30', '3003', '30820fff00', '0500', '30030201'])('of the bytes %s is none', hex => {
    expect(() => readCertificate(Buffer.from(hex, 'hex'))).toThrow()
  })
})

describe('a file of certificates', () => {
  test('has all of them', () => {
    expect(readCertificates(authority.cert + authority.issue({}).cert)).toHaveLength(2)
  })

  test('without any is a fault', () => {
    expect(() => readCertificates('nothing')).toThrow('no certificate')
  })
})

describe('a revocation list', () => {
  test('has the serial numbers of what is revoked, and when the next one is due', () => {
    const [one, two] = [authority.issue({}), authority.issue({})]
    authority.revoke(one)
    const [list] = readRevocationLists(authority.list(60_000))
    expect(list?.serials).toEqual(new Set([one.serial.toString('hex')]))
    expect(list?.serials.has(two.serial.toString('hex'))).toBe(false)
    expect(list?.issuer).toBe(read(one.cert).issuer)
    expect((list?.nextUpdate ?? 0) - Date.now()).toBeGreaterThan(55_000)
    expect((list?.nextUpdate ?? 0) - Date.now()).toBeLessThanOrEqual(60_000)
  })

  test('may be empty', () => {
    expect(readRevocationLists(new Authority().list())[0]?.serials).toEqual(new Set())
  })

  test('stands beside those of other authorities', () => {
    expect(readRevocationLists(new Authority().list() + new Authority().list())).toHaveLength(2)
  })

  test.each(['', '-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----'])('%j is none', text => {
    expect(() => readRevocationLists(text)).toThrow()
  })

  test('of openssl is read', () => {
    // openssl ca -gencrl: one certificate, of serial number 1000, revoked for keyCompromise; with extensions.
    const [list] = readRevocationLists(OPENSSL_LIST)
    expect(list).toEqual({
      issuer: '550403=city of kranj',
      nextUpdate: Date.UTC(2120, 0, 1),
      serials: new Set(['1000']),
    })
  })
})

const OPENSSL_LIST = `-----BEGIN X509 CRL-----
MIH5MIGgAgEBMAoGCCqGSM49BAMCMBkxFzAVBgNVBAMMDkNpdHkgIG9mIEtyYW5q
Fw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowIzAhAgIQABcNMjYxMTIz
MDUzODU2WjAMMAoGA1UdFQQDCgEBoC8wLTAfBgNVHSMEGDAWgBQ2t6HcRn20S1a9
nj6T9JaU5X70JzAKBgNVHRQEAwIBATAKBggqhkjOPQQDAgNIADBFAiEAh8NOHZSy
PYafc2A1Anyw+FW/E3khNo4uNJbmW3D9htUCIA1HCv/PyGE9v5anv3VrqcfJrkJX
bPr4qcTjLE+Hl0m/
-----END X509 CRL-----
`
