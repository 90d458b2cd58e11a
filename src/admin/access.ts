/** Who may read what: health answers everybody, the rest asks for a token unless it is read on this machine only. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { BlockList, isIP } from 'node:net'
import { join } from 'node:path'
import { createSecret } from '../registry/secret.ts'

const FILE_NAME = 'admin-token.hash'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

export interface AdminToken {
  /** The token itself, only when it was made just now: it is shown once and kept as a keyed hash. */
  readonly fresh?: string
  /** Whether an Authorization header proves the token. */
  accepts(authorization: string | undefined): boolean
}

/** Loads the administrator's token, or makes it at the first start. */
export function loadAdminToken(dataDir: string, key: Buffer): AdminToken {
  const path = join(dataDir, FILE_NAME)
  const digest = (token: string) => createHmac('sha256', key).update(token).digest()
  const isFirst = !existsSync(path)
  const fresh = createSecret()
  if (isFirst) writeFileSync(path, digest(fresh).toString('base64'), { mode: 0o600 })
  const stored = Buffer.from(readFileSync(path, 'utf8'), 'base64')
  return {
    ...(isFirst && { fresh }),
    accepts: authorization => {
      const [, token] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? []
      const proof = digest(token ?? '')
      return token !== undefined && stored.length === proof.length && timingSafeEqual(proof, stored)
    },
  }
}

/** Whether a listener on this host can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true
  const version = isIP(host)
  return version !== 0 && LOOPBACK.check(host, version === 6 ? 'ipv6' : 'ipv4')
}
