/** One thing that is provisioned, with what is never shown of it. */
import type { StoredLogin } from '../registry/provisioned-login.ts'
import type { Place, Provisioned } from './provisioning.ts'

export interface Entry extends Place {
  readonly source: 'file' | 'api'
  readonly revision: number
  readonly updatedAt: number
  readonly value: unknown
  /** What the schema of its kind makes of it, secrets included. Of a device the value itself. */
  readonly parsed: unknown
  readonly login?: StoredLogin | undefined
  /** What is secret of a destination, by key: to send it, the agent has to know it. */
  readonly secrets?: Readonly<Record<string, string>> | undefined
}

/** What was there before, and is there now. */
export interface EntryChange {
  readonly before: Entry | undefined
  readonly after: Entry | undefined
}

export function toProvisioned({
  kind,
  tenant,
  id,
  source,
  revision,
  updatedAt,
  value,
  login,
}: Entry): Provisioned {
  const place = { kind, ...(tenant !== undefined && { tenant }), id }
  const state = login && {
    changedAt: login.changedAt,
    ...(login.old !== undefined && { oldUntil: login.old.until }),
  }
  return { ...place, source, revision, updatedAt, value, ...(state !== undefined && { login: state }) }
}

export function toPlace({ kind, tenant, id }: Place): Place {
  return { kind, ...(tenant !== undefined && { tenant }), id }
}

/** As faults and the log name it. */
export function showPlace({ kind, tenant, id }: Place): string {
  return `${kind} ${tenant === undefined ? '' : `${tenant}/`}${id}`
}
