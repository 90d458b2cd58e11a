/** The key for TLS-PSK of a device or credential as it is provisioned. Unlike a password the agent has to know it, so it is sealed on the disk. */
import type { Psk } from './credentials.ts'

export interface StoredPsk {
  /** Unique in the agent, since it begins with `tenant/`. */
  readonly identity: string
  /** In hexadecimal. */
  readonly key: string
  readonly changedAt: number
  /** Taken as well until then, in milliseconds since the epoch. */
  readonly old?: { readonly identity: string; readonly key: string; readonly until: number } | undefined
}

/** Of a key that was given, and not made here: there is one of it, so it needs no name of its own. */
export function toGivenIdentity(tenant: string | undefined, id: string): string {
  return `${tenant}/${id}`
}

/** Those that are taken now. */
export function toPsks(stored: StoredPsk | undefined, now: number): readonly Psk[] {
  if (stored === undefined) return []
  const { identity, key, old } = stored
  const current = { kind: 'psk' as const, identity, key }
  if (old === undefined || old.until <= now) return [current]
  return [current, { kind: 'psk', identity: old.identity, key: old.key }]
}
