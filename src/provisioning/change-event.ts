/** What the audit log says of a change. */
import { isDeepStrictEqual } from 'node:util'
import type { AuditEvent } from '../audit/audit-record.ts'
import { type EntryChange, toProvisioned } from './entry.ts'
import type { Actor, Place } from './provisioning.ts'

export function toEvent(
  { place, before, after }: EntryChange & { readonly place: Place },
  actor: Actor,
): AuditEvent {
  return {
    ...{ actor, place, action: getAction({ before, after }) },
    ...(before !== undefined && { before: toProvisioned(before) }),
    ...(after !== undefined && { after: toProvisioned(after) }),
  }
}

function getAction({ before, after }: EntryChange): string {
  if (before === undefined) return 'create'
  if (after === undefined) return 'delete'
  const isSame = before.login === after.login && before.psk === after.psk
  if (!isDeepStrictEqual(before.value, after.value) || isSame) return 'update'
  return after.login === undefined && after.psk === undefined ? 'revoke' : 'rotate'
}
