/** What a client certificate says, once its authority is known to vouch for it; and whether it still would. */
import type { DetailedPeerCertificate } from 'node:tls'
import type { CertificateName } from '../../registry/credentials.ts'
import { type Issued, readCertificate } from '../../tls/certificate.ts'
import type { TlsMaterial } from './tls-material.ts'

export interface ClientCertificate {
  readonly names: readonly CertificateName[]
  /** Itself and those above it, up to the authority that is trusted. */
  readonly chain: readonly (Issued & { readonly fingerprint: string })[]
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** What would be a wildcard somewhere, or cannot be seen in a log, is nobody's name. */
const UNUSABLE = /[*+#\p{C}]/u
const CHAIN_MAX = 10

/** Throws where it is none. */
export function readClientCertificate(peer: DetailedPeerCertificate): ClientCertificate {
  const { commonNames, alternativeNames } = readCertificate(peer.raw)
  // Which of several would be meant?
  const cns = commonNames.length === 1 ? commonNames : []
  const names = [
    ...cns.map(name => ({ kind: 'cn' as const, name })),
    ...alternativeNames.map(name => ({ kind: 'san' as const, name })),
  ].filter(({ name }) => name !== '' && !UNUSABLE.test(name))
  return { names, chain: listChain(peer), expiresAt: Date.parse(peer.valid_to) }
}

/** Why a certificate that was good is none any more; nothing where it still is. */
export function findFault(
  { chain, expiresAt }: ClientCertificate,
  { authorities, lists }: Pick<TlsMaterial, 'authorities' | 'lists'>,
  now: number,
): string | undefined {
  if (expiresAt <= now) return 'certificate has expired'
  if (!chain.some(({ fingerprint }) => authorities.has(fingerprint)))
    return 'its authority is trusted no more'
  const isRevoked = chain.some(({ issuer, serial }) =>
    lists.some(list => list.issuer === issuer && list.serials.has(serial)),
  )
  return isRevoked ? 'certificate revoked' : undefined
}

function listChain(peer: DetailedPeerCertificate): ClientCertificate['chain'] {
  const chain = new Map<string, ClientCertificate['chain'][number]>()
  let next: DetailedPeerCertificate | undefined = peer
  while (next !== undefined && !chain.has(next.fingerprint256) && chain.size < CHAIN_MAX) {
    const { issuer, serial } = readCertificate(next.raw)
    chain.set(next.fingerprint256, { issuer, serial, fingerprint: next.fingerprint256 })
    next = next.issuerCertificate
  }
  return [...chain.values()]
}
