/** Which credential a client has proven to be its own: by the TLS handshake, by a password, or by neither where nobody has to. */
import type { LoginKind } from '../config/listener.ts'
import type { Credential, Credentials } from '../registry/credentials.ts'
import type { Peer } from './peer.ts'

/** What a CONNECT holds. */
export interface GivenLogin {
  readonly username: string | undefined
  readonly password: Buffer | undefined
}

/**
 * By the rules of the listener. Where both a certificate and a password speak for somebody, they have to speak for the same one; a
 * certificate whose names are not provisioned speaks for nobody. A user name is never believed against what was proven.
 */
export async function prove(
  credentials: Credentials,
  { username = '', password }: GivenLogin,
  peer: Peer = { address: '' },
): Promise<Credential | undefined> {
  const { logins = ['password'], anonymousAs } = peer
  const named = findNamed(credentials, peer)
  if (password !== undefined && logins.includes('password')) {
    const credential = await credentials.check(username, password)
    return named === undefined || named.id === credential?.id ? credential : undefined
  }
  if (named !== undefined && mayLogIn(named, logins))
    return username === '' || username === named.username ? named : undefined
  const isNobody = username === '' && password === undefined
  return isNobody && anonymousAs !== undefined ? credentials.getUnproven(anonymousAs) : undefined
}

function findNamed(
  credentials: Credentials,
  { pskIdentity, certificateNames = [] }: Peer,
): Credential | undefined {
  if (pskIdentity !== undefined) return credentials.checkPsk(pskIdentity)
  return credentials.checkCertificate(certificateNames)
}

function mayLogIn({ secret }: Credential, logins: readonly LoginKind[]): boolean {
  return logins.includes(secret.kind === 'psk' ? 'psk' : 'certificate')
}
