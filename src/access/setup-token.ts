/** The token of the first start, for whoever sets the agent up. Its hash is in a file of its own, so that removing the file makes a new one. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSecret } from '../registry/secret.ts'
import { hashToken } from './token-record.ts'

export const SETUP_ID = 'setup'

const FILE_NAME = 'admin-token.hash'
/** Is no hash of anything. */
const REVOKED = 'revoked'
const DIGEST_CHARS = 44

export interface SetupToken {
  /** The token itself, only when it was made just now: it is shown once. */
  readonly fresh?: string
  /** Its keyed hash in base64; absent when it was revoked, or when the file is damaged. */
  readonly digest?: string
}

/** Loads it, or makes it where there is none. */
export function loadSetupToken(dataDir: string, key: Buffer): SetupToken {
  const path = join(dataDir, FILE_NAME)
  if (!existsSync(path)) {
    const fresh = createSecret()
    const digest = hashToken(fresh, key).toString('base64')
    write(path, digest)
    return { fresh, digest }
  }
  const digest = readFileSync(path, 'utf8').trim()
  const isDigest = digest.length === DIGEST_CHARS && Buffer.from(digest, 'base64').length === 32
  return isDigest ? { digest } : {}
}

/** Without a digest it is revoked for good. */
export function saveSetupToken(dataDir: string, digest: string | undefined): void {
  write(join(dataDir, FILE_NAME), digest ?? REVOKED)
}

/** A crash leaves the one before or the new one, never half of it. */
function write(path: string, text: string): void {
  const draft = `${path}.new`
  writeFileSync(draft, text, { mode: 0o600 })
  renameSync(draft, path)
}
