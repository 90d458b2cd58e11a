/** One thing that is provisioned, with what is never shown of it. */
import type { StoredLogin } from '../registry/provisioned-login.ts'
import type { StoredPsk } from '../registry/provisioned-psk.ts'
import type { Place, Provisioned } from './provisioning.ts'

export interface Entry extends Place {
  readonly source: 'file' | 'api'
  readonly revision: number
  readonly updatedAt: number
  readonly value: unknown
  /** What the schema of its kind makes of it, secrets included. Of a device the value itself. */
  readonly parsed: unknown
  readonly login?: StoredLogin | undefined
  readonly psk?: StoredPsk | undefined
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
  psk,
}: Entry): Provisioned {
  const place = { kind, ...(tenant !== undefined && { tenant }), id }
  return {
    ...{ ...place, source, revision, updatedAt, value },
    ...(login !== undefined && { login: toState(login) }),
    ...(psk !== undefined && { psk: { identity: psk.identity, ...toState(psk) } }),
  }
}

function toState({ changedAt, old }: StoredLogin | StoredPsk) {
  return { changedAt, ...(old !== undefined && { oldUntil: old.until }) }
}

export function toPlace({ kind, tenant, id }: Place): Place {
  return { kind, ...(tenant !== undefined && { tenant }), id }
}

/** As faults and the log name it. */
export function showPlace({ kind, tenant, id }: Place): string {
  return `${kind} ${tenant === undefined ? '' : `${tenant}/`}${id}`
}
