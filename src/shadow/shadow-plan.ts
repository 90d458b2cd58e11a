/** What a shadow run is, and what it has found: plain data, which crosses threads. */
import type { KnownBirth } from '../decode/sparkplug/edge-nodes.ts'
import type { Profile } from '../profiles/profile.ts'
import type { Device, Message } from '../reading.ts'
import type { ValidateMode } from '../validation/check-entity.ts'

/** A version of a profile beside the active one. Only the active one's entities are sent. */
export interface ShadowPlan {
  /** The same for the same run. */
  readonly key: string
  readonly id: string
  /** Whose the profile is; of all tenants where there is none. */
  readonly tenant?: string | undefined
  readonly active: VersionOfProfile
  readonly shadow: VersionOfProfile
  /** Only these devices; all that the active version is for where there are none named. */
  readonly devices?: readonly ShadowDevice[] | undefined
}

export interface VersionOfProfile {
  readonly version: number
  readonly profile: Profile
}

interface ShadowDevice {
  readonly tenant: string
  readonly id: string
}

export interface ShadowValidation {
  readonly mode: ValidateMode
  /** Where the schemas are. */
  readonly folder: string
}

/** What edge nodes of Sparkplug B have announced by now, by tenant. */
export type BirthsByTenant = Readonly<Record<string, readonly KnownBirth[]>>

/** A message of the journal once more, with the run that it is for. */
export interface ShadowMessage {
  /** The key of its plan. */
  readonly run: string
  readonly position: number
  readonly device: Device
  readonly message: Omit<Message, 'payload'> & { readonly payload: Uint8Array }
}

/** Runs whose plan has the key of one before go on. */
export type ShadowRequest =
  | {
      readonly kind: 'use'
      readonly plans: readonly ShadowPlan[]
      readonly births: BirthsByTenant
      /** Of runs that are not under way yet: what they had found before. */
      readonly known: FindingsByPlan
    }
  | { readonly kind: 'take'; readonly messages: readonly ShadowMessage[] }
  | { readonly kind: 'report'; readonly id: number }

export type ShadowAnswer =
  | { readonly kind: 'taken'; readonly messages: number }
  | {
      readonly kind: 'report'
      readonly id: number
      readonly findings: FindingsByPlan
    }

/** By the keys of plans. */
export type FindingsByPlan = Readonly<Record<string, ShadowFindings>>

export function createNoFindings(now: number): ShadowFindings {
  return { since: now, messages: 0, same: 0, differences: [], others: 0 }
}

/** Of one run, since it began. */
export interface ShadowFindings {
  /** Milliseconds since the epoch. */
  readonly since: number
  /** Mapped by both versions. */
  readonly messages: number
  /** Of them, those of which both made the same. */
  readonly same: number
  readonly differences: readonly Difference[]
  /** Differences of further kinds, which are only counted. */
  readonly others: number
}

export interface ShadowReport extends ShadowFindings {
  readonly id: string
  readonly tenant?: string | undefined
  readonly active: number
  readonly shadow: number
  readonly devices?: readonly ShadowDevice[] | undefined
  /** Not mapped, because more came than there was time for beside delivery. */
  readonly skipped: number
}

/**
 * refused: only the active version understands the message. accepted: only the shadow does. refusal: neither does, each for its own
 * reason. entityMissing and entityAdded: an entity that only the active one makes, or only the shadow. The rest are of one attribute.
 */
export type DifferenceKind =
  | 'refused'
  | 'accepted'
  | 'refusal'
  | 'entityMissing'
  | 'entityAdded'
  | 'attributeMissing'
  | 'attributeAdded'
  | 'attributeChanged'

export interface Difference {
  readonly kind: DifferenceKind
  /** Of the entity. */
  readonly type?: string | undefined
  readonly attribute?: string | undefined
  /** How often. */
  readonly count: number
  readonly examples: readonly Example[]
}

export interface Example {
  readonly tenant: string
  readonly device: string
  readonly topic: string
  /** Milliseconds since the epoch. */
  readonly receivedAt: number
  /** What the active version makes of it; absent where that is nothing. */
  readonly active?: unknown
  readonly shadow?: unknown
}
