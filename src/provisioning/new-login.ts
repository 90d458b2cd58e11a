/** What becomes of the login of a device or credential in a change: a password of ours, one that was given, the one before, or none. */

import { isForDevices } from '../registry/provision.ts'
import type { StoredLogin } from '../registry/provisioned-login.ts'
import { createSecret, hashSecret } from '../registry/secret.ts'
import type { Entry } from './entry.ts'
import type { Edit } from './provisioning.ts'
import type { ReadValue } from './read-value.ts'

export interface NewLogin {
  readonly login: StoredLogin | undefined
  /** The password that was made, to be shown once. */
  readonly made?: string
}

interface Wished {
  readonly edit: Edit
  readonly read: ReadValue
  readonly before: Entry | undefined
}

export function createLogin({ edit, read, before }: Wished, key: Buffer, now: number): NewLogin {
  const wish = edit.login?.of === 'psk' ? undefined : edit.login?.wish
  if (wish === 'revoke') return { login: undefined }
  const given = read.password === undefined ? read.passwordHash : hashSecret(read.password, key)
  if (wish !== 'make' && given !== undefined)
    return { login: isSame(given, before) ? before?.login : { hash: given, changedAt: now } }
  if (wish !== 'make' && !needsLogin({ edit, read, before })) return { login: before?.login }
  const made = createSecret()
  const graceMs = edit.login?.wish === 'make' ? (edit.login.graceMs ?? 0) : 0
  const old = before?.login && graceMs > 0 ? { hash: before.login.hash, until: now + graceMs } : undefined
  return { login: { hash: hashSecret(made, key), changedAt: now, ...(old && { old }) }, made }
}

function isSame(hash: string, before: Entry | undefined): boolean {
  return before?.login?.hash === hash && before.login.old === undefined
}

/** A new credential that says nothing of it is given a password: without one it would be of no use. */
function needsLogin({ edit, read, before }: Wished): boolean {
  if (read.psk !== undefined || edit.login?.of === 'psk') return false
  if (edit.kind !== 'credential' || before !== undefined || isForDevices(edit.id)) return false
  return (read.parsed as { readonly certificate?: unknown }).certificate === undefined
}
