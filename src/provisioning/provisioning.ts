/**
 * What is provisioned, and how it changes while the agent runs. The provisioning file and the store lie side by side: what came from
 * the file is changed there, and everything else here.
 */
import type { Fault } from '../document.ts'

/** Of what there is. Each id is unique within its kind; those of devices, credentials and profiles within their tenant. */
export const KINDS = ['tenant', 'destination', 'device', 'credential', 'profile'] as const
export type Kind = (typeof KINDS)[number]

export interface Place {
  readonly kind: Kind
  /** Absent for tenants and destinations, and for profiles that all tenants share. */
  readonly tenant?: string | undefined
  readonly id: string
}

/** One thing as it stands. */
export interface Provisioned<T = unknown> extends Place {
  readonly source: 'file' | 'api'
  /** Rises with each change; what the ETag is made of. */
  readonly revision: number
  /** Milliseconds since the epoch. */
  readonly updatedAt: number
  /** As the provisioning file would have it, without what is secret. */
  readonly value: T
}

/** Who changes something, and from where: for the audit log. */
export interface Actor {
  readonly name: string
  readonly role: 'viewer' | 'operator' | 'admin'
  /** Absent for those of the whole agent. */
  readonly tenant?: string | undefined
  /** The address that the request came from. */
  readonly from: string
}

/** One wish. */
export interface Edit extends Place {
  /** As the provisioning file would have it; absent to remove it. */
  readonly value?: unknown
  /** The edit is refused where the thing has another revision; 0 for one that must not be there yet. */
  readonly ifRevision?: number | undefined
}

/** Why nothing was changed. */
export interface Refusal {
  readonly code: 'INVALID' | 'NOT_FOUND' | 'EXISTS' | 'CHANGED' | 'FROM_FILE' | 'IN_USE'
  readonly place: Place
  /** Of which key, as in files, and what was expected and got. */
  readonly faults: readonly Fault[]
}

export interface Changed {
  /** What each edit was before and is now; absent where it was not there, or is not any more. */
  readonly changes: readonly {
    readonly before: Provisioned | undefined
    readonly after: Provisioned | undefined
  }[]
  readonly warnings: readonly string[]
}

export type ChangeAnswer =
  | { readonly refusals: readonly Refusal[] }
  | ({ readonly refusals?: undefined } & Changed)
