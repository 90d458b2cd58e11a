/** What a listener with TLS is opened with: certificates, key and revocation lists of its files, and the rules of its handshakes. */
import { constants, type X509Certificate } from 'node:crypto'
import { createSecureContext, DEFAULT_CIPHERS, type SecureContextOptions } from 'node:tls'
import { getClientCertificate, getLogins, type TlsListenerConfig } from '../../config/listener.ts'
import { getMessage, TromostError } from '../../errors.ts'
import { type RevocationList, readCertificate, readRevocationLists } from '../../tls/certificate.ts'
import { readCertificates } from '../../tls/pem.ts'
import { readNamed } from '../../tls/watched-files.ts'

export interface TlsMaterial {
  readonly context: SecureContextOptions
  /** Fingerprints of those who may vouch for clients. */
  readonly authorities: ReadonlySet<string>
  readonly lists: readonly RevocationList[]
}

/**
 * Where a handshake is to prove who somebody is, nobody resumes an earlier one: a session knows nothing of what was revoked since,
 * and in TLS 1.3 it looks like a key that was shared before.
 */
const ONE_TIME = constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET
/**
 * A shared key is of SHA-256 in TLS 1.3, so the only suite that fits all implementations comes first. Those with forward secrecy
 * come before those without, which small devices may need.
 */
const PSK_CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  ...DEFAULT_CIPHERS.split(':').filter(name => name !== 'TLS_AES_128_GCM_SHA256' && name !== '!PSK'),
  ...['ECDHE-PSK-CHACHA20-POLY1305', 'ECDHE-PSK-AES128-CBC-SHA256', 'ECDHE-PSK-AES256-CBC-SHA384'],
  ...['PSK-AES128-GCM-SHA256', 'PSK-AES256-GCM-SHA384', 'PSK-CHACHA20-POLY1305'],
  ...['PSK-AES128-CCM', 'PSK-AES128-CCM8', 'PSK-AES128-CBC-SHA256', 'PSK-AES256-CBC-SHA384'],
].join(':')

export function listTlsFiles(config: TlsListenerConfig): readonly string[] {
  const { certFile, keyFile, clientCaFile, crlFile } = config
  return [certFile, keyFile, clientCaFile, crlFile].filter(file => file !== undefined)
}

/** All files, or a TromostError `LISTENER_UNTRUSTED` that names what is wrong with them. */
export function readTlsMaterial(config: TlsListenerConfig): TlsMaterial {
  try {
    return readMaterial(config)
  } catch (error) {
    throw new TromostError('LISTENER_UNTRUSTED', getMessage(error), { cause: error })
  }
}

function readMaterial(config: TlsListenerConfig): TlsMaterial {
  const { clientCaFile, crlFile, minVersion } = config
  const isProof = getClientCertificate(config) !== 'none' || getLogins(config).includes('psk')
  const ca = clientCaFile === undefined ? undefined : readNamed('clientCaFile', clientCaFile)
  const crl = crlFile === undefined ? undefined : readNamed('crlFile', crlFile)
  const context = {
    ...readOwn(config),
    ...{ minVersion, secureOptions: isProof ? ONE_TIME : constants.SSL_OP_NO_RENEGOTIATION },
    ...(ca !== undefined && { ca }),
    ...(crl !== undefined && { crl }),
    ...(getLogins(config).includes('psk') && { ciphers: PSK_CIPHERS }),
  }
  const authorities = ca === undefined ? [] : within('clientCaFile', () => readCertificates(ca.toString()))
  const lists = crl === undefined ? [] : within('crlFile', () => readRevocationLists(crl.toString()))
  if (crl !== undefined) checkComplete(authorities, lists)
  within('crlFile', () => createSecureContext(context))
  return { context, lists, authorities: new Set(authorities.map(({ fingerprint256 }) => fingerprint256)) }
}

/** Finds a key that is another certificate's, and a password that is wrong. */
function readOwn({ certFile, keyFile, keyPassword }: TlsListenerConfig): SecureContextOptions {
  if (certFile === undefined || keyFile === undefined) return {}
  const own = {
    cert: readNamed('certFile', certFile),
    key: readNamed('keyFile', keyFile),
    ...(keyPassword !== undefined && { passphrase: keyPassword }),
  }
  within(`keyFile`, () => createSecureContext(own), `the key of ${certFile} in ${keyFile}`)
  within('certFile', () => readCertificates(own.cert.toString()))
  return own
}

/** The client of an authority without a list is refused, whoever it is: better told at once. */
function checkComplete(authorities: readonly X509Certificate[], lists: readonly RevocationList[]): void {
  for (const { raw, subject } of authorities) {
    const { subject: key } = readCertificate(raw)
    if (lists.some(({ issuer }) => issuer === key)) continue
    const name = subject.replaceAll('\n', ', ')
    throw new Error(`crlFile: expected a list of each authority in clientCaFile, got none of ${name}`)
  }
}

function within<T>(key: string, read: () => T, expectation = 'PEM that can be used'): T {
  try {
    return read()
  } catch (error) {
    throw new Error(`${key}: expected ${expectation}, got: ${getMessage(error)}`, { cause: error })
  }
}
