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
  /** As the provisioning file would have it, without what is secret. Of devices with what is there by default, and with their place as longitude and latitude. */
  readonly value: T
  /** How a device or credential proves who it is by password; absent where it has none. */
  readonly login?: LoginState | undefined
  /** The same of its key for TLS-PSK. */
  readonly psk?: (LoginState & { readonly identity: string }) | undefined
}

interface LoginState {
  /** Milliseconds since the epoch. */
  readonly changedAt: number
  /** Until then the password before is taken as well. */
  readonly oldUntil?: number | undefined
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
  /** As the provisioning file would have it; absent to remove it, or to leave it as it is where `login` is there. A secret that it does not name stays. */
  readonly value?: unknown
  /** Of a device or credential. */
  readonly login?: LoginWish | undefined
  /** The edit is refused where the thing has another revision; 0 for one that must not be there yet. */
  readonly ifRevision?: number | undefined
}

/**
 * make: a new password, or key for TLS-PSK, shown once in the answer; the one before is taken for `graceMs` more. revoke: none of them
 * any more, and no certificate; or no key alone.
 */
export type LoginWish =
  | { readonly wish: 'make'; readonly of?: 'psk' | undefined; readonly graceMs?: number | undefined }
  | { readonly wish: 'revoke'; readonly of?: 'psk' | undefined }

/** A password or key of ours. It is shown in the answer to the change that made it, and never again. */
export interface ShownSecret {
  readonly place: Place
  readonly username: string
  readonly password?: string | undefined
  readonly psk?: ShownPsk | undefined
}

export interface ShownPsk {
  readonly identity: string
  /** In hexadecimal. */
  readonly key: string
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
  /** Of a dry run none. */
  readonly secrets: readonly ShownSecret[]
}

export type ChangeAnswer =
  | { readonly refusals: readonly Refusal[] }
  | ({ readonly refusals?: undefined } & Changed)

export interface ListQuery {
  /** All where there is none. */
  readonly tenant?: string | undefined
  readonly profile?: string | undefined
  readonly source?: Provisioned['source'] | undefined
  /** The beginning of the id, of the name, or of a word of it, in whatever case. */
  readonly search?: string | undefined
  /** Only those of which it says so. */
  readonly isMeant?: ((place: Place) => boolean) | undefined
  /** By default by id. Of equal ones, by tenant and id. */
  readonly sort?: 'id' | 'name' | 'updatedAt' | undefined
  readonly descending?: boolean | undefined
  /** `next` of the page before, for the same sorting. */
  readonly after?: PageEnd | undefined
  readonly limit: number
}

/** Where a page ends: what it is sorted by, tenant and id. */
export type PageEnd = readonly [sortedBy: string | number, tenant: string, id: string]

export interface Listed {
  readonly items: readonly Provisioned[]
  /** Of all pages. */
  readonly total: number
  /** Absent on the last page. */
  readonly next?: PageEnd
}
