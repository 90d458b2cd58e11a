/** What becomes of the key for TLS-PSK in a change: one of ours, one that was given, the one before, or none. */
import { randomBytes } from 'node:crypto'
import { type StoredPsk, toGivenIdentity } from '../registry/provisioned-psk.ts'
import { createSecret } from '../registry/secret.ts'
import type { Entry } from './entry.ts'
import type { Edit, ShownPsk } from './provisioning.ts'

export interface NewPsk {
  readonly psk: StoredPsk | undefined
  /** The key that was made, to be shown once. */
  readonly madePsk?: ShownPsk
}

const KEY_BYTES = 32
/** A handshake names one key, so that of a rotation has another name than the one before. */
const MARK_CHARS = 4

export function createPsk(
  { tenant, id, login }: Edit,
  given: string | undefined,
  before: Entry | undefined,
  now: number,
): NewPsk {
  if (login?.wish === 'revoke') return { psk: undefined }
  const psk = before?.psk
  if (login?.wish !== 'make' || login.of !== 'psk') {
    if (given === undefined || (given === psk?.key && psk.old === undefined)) return { psk }
    return { psk: { identity: toGivenIdentity(tenant, id), key: given, changedAt: now } }
  }
  const identity = `${toGivenIdentity(tenant, id)}/${createSecret().slice(0, MARK_CHARS)}`
  const key = randomBytes(KEY_BYTES).toString('hex')
  const { graceMs = 0 } = login
  const old = psk && graceMs > 0 ? { identity: psk.identity, key: psk.key, until: now + graceMs } : undefined
  return { psk: { identity, key, changedAt: now, ...(old && { old }) }, madePsk: { identity, key } }
}
