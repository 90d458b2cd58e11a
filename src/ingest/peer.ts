/** Who is at the other end of a connection, as far as that is known before the client says a word. */
import type { LoginKind } from '../config/listener.ts'
import type { CertificateName } from '../registry/credentials.ts'

export interface Peer {
  /** Its IP address. */
  readonly address: string
  /** When its socket was taken, by performance.now(); just now if absent. */
  readonly takenAt?: number | undefined
  /** What may prove who it is, by the rules of its listener; a password if absent. */
  readonly logins?: readonly LoginKind[]
  /** Of its client certificate, which is good; absent where it gave none. */
  readonly certificateNames?: readonly CertificateName[]
  /** Whose key it has, by the TLS handshake. */
  readonly pskIdentity?: string
  /** The credential (`tenant/username`) whose rights it has without a user name. */
  readonly anonymousAs?: string
}

/** Of so many milliseconds from its socket on: a header, a handshake or an upgrade may have taken some. */
export function getTimeLeft({ takenAt }: Peer, milliseconds: number): number {
  if (takenAt === undefined) return milliseconds
  return Math.max(1, milliseconds - (performance.now() - takenAt))
}
