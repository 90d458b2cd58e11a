/** The socket to a foreign broker, in plain or over TLS. Where it leads is asked of the guard of what goes out. */
import { readFileSync } from 'node:fs'
import { isIP, connect as openPlain, type Socket } from 'node:net'
import { connect as openSecure } from 'node:tls'
import type { TlsConfig } from '../../config/auth.ts'
import type { BridgeConfig } from '../../config/bridge.ts'
import type { Egress } from '../../egress/egress.ts'
import { toPlace } from '../../egress/place.ts'

/** Files are read here and so for each connection anew: a certificate that was renewed is used. Throws where one cannot be read, or the address is closed. */
export function createForeignSocket(
  { url, tls }: Pick<BridgeConfig, 'url' | 'tls'>,
  egress: Egress,
): () => Socket {
  const { host, port } = toPlace(url)
  const to = { host, port, lookup: egress.open(url) }
  if (!url.startsWith('mqtts:')) return () => openPlain(to)
  const secure = tls === undefined ? {} : readTls(tls)
  return () => openSecure({ ...to, ...secure, ...(isIP(host) === 0 && { servername: host }) })
}

function readTls({ caFile, certFile, keyFile, keyPassword, rejectUnauthorized }: TlsConfig) {
  return {
    ...(caFile !== undefined && { ca: readFileSync(caFile) }),
    ...(certFile !== undefined && { cert: readFileSync(certFile) }),
    ...(keyFile !== undefined && { key: readFileSync(keyFile) }),
    ...(keyPassword !== undefined && { passphrase: keyPassword }),
    rejectUnauthorized,
  }
}
