/** What the main thread and the draining thread say to each other: plain data, which can cross. */
import type { HistogramFigures } from '../bucket-counts.ts'
import type { DestinationConfig, QuarantineConfig } from '../config/config.ts'
import type { EgressPlan } from '../egress/egress.ts'
import type { LaneState } from '../journal/lane-state.ts'
import type { LmdbOptions } from '../journal/lmdb-engine.ts'
import type { RewindOrder, Rewound } from '../journal/rewind.ts'
import type { UsedProfile } from '../profiles/used-profile.ts'
import type { Command, Entity } from '../reading.ts'
import type { RegistryChange, RegistryData } from '../registry/registry-data.ts'
import type { ShadowPlan, ShadowReport } from '../shadow/shadow-plan.ts'
import type { PreviewQuery } from '../uplink/preview-store.ts'
import type { BrokerFacts } from '../uplink/probe.ts'
import type { UplinkStatus } from '../uplink/uplink.ts'
import type { ValidateMode } from '../validation/check-entity.ts'
import type { BatteryLevel } from './batteries.ts'
import type { Fate } from './fates.ts'
import type { ForgetOrder, ForgottenRecords } from './forget-device.ts'
import type { TimeCounts } from './lane-times.ts'
import type { QuarantineOrder, ReplayReport } from './replays.ts'
import type { TailFilter, TailReport } from './tail.ts'

/** All that the draining thread needs, as plain data. */
export interface DrainPlan {
  readonly journal: LmdbOptions
  readonly quarantine: QuarantineConfig
  readonly destinations: readonly DestinationConfig[]
  /** Where destinations reach this agent. */
  readonly publicUrl: string | undefined
  readonly registry: RegistryData
  readonly profiles: readonly UsedProfile[]
  readonly shadows: readonly ShadowPlan[]
  readonly validation: Validation
  /** Where requests may lead. */
  readonly egress: EgressPlan
  /** Which messages are told as they are settled. */
  readonly tail: readonly TailFilter[]
}

export interface Validation {
  readonly mode: ValidateMode
  /** Where the schemas are. */
  readonly folder: string
}

export interface LaneReport extends UplinkStatus, TimeCounts {
  readonly tenant: string
  readonly destination: string
  readonly balance: LaneState & { readonly received: number; readonly waiting: number }
  /** What the entries in quarantine take on disk, and may take, in bytes. */
  readonly quarantine: { readonly bytes: number; readonly maxBytes: number }
  /** Which broker the destination is, once it has told. */
  readonly broker?: BrokerFacts
  /** Messages that went to quarantine since the start, by error code. */
  readonly refusals: Readonly<Record<string, number>>
  /** What is in quarantine now, by error code: the first of each raises an alarm, which stands until none is left. */
  readonly alarms: readonly LaneAlarm[]
}

interface LaneAlarm {
  readonly code: string
  readonly messages: number
  /** Milliseconds since the epoch. */
  readonly since: number
}

export interface DrainMetrics {
  /** Attributes left out since the start. */
  readonly omitted: number
  /** Entities that the schema of their type did not take since the start, by type. */
  readonly invalid: Readonly<Record<string, number>>
  /** Connections that the rules of egress did not let out since the start. */
  readonly closedAddresses: number
  readonly histograms: readonly HistogramFigures[]
}

/** Messages whose fate somebody wants to know. */
export interface FateQuery {
  readonly tenant: string
  readonly messages: readonly {
    readonly position: number
    /** Of the entities that were made of it. */
    readonly ids: readonly string[]
    readonly receivedAt: number
  }[]
}

export interface LaneFates {
  readonly destination: string
  /** All messages before it are settled. */
  readonly position: number
  readonly trouble: string | undefined
  /** One for each message that was asked for. */
  readonly fates: readonly Fate[]
}

/** What the draining thread answers. */
export interface DrainAnswers {
  getLanes(): Promise<readonly LaneReport[]>
  listEntities(query: PreviewQuery): Promise<readonly Entity[]>
  getMetrics(): Promise<DrainMetrics>
  expireQuarantine(): Promise<void>
  /** Resolves when what is settled is on disk, where it can be written. */
  saveLane(lane: { readonly tenant: string; readonly destination: string }): Promise<void>
  /** Of each lane of the tenant. */
  findFates(query: FateQuery): Promise<readonly LaneFates[]>
  /** What was seen of batteries since it was asked before. */
  takeBatteries(): Promise<readonly BatteryLevel[]>
  /** From now on the messages that one of these fits are told as they are settled. */
  listen(filters: readonly TailFilter[]): Promise<void>
  /** Nothing where a replay of that lane is under way already. */
  replayQuarantine(order: QuarantineOrder): Promise<ReplayReport | undefined>
  /** Gives how many messages left. */
  discardQuarantine(order: QuarantineOrder): Promise<number>
  rewindLane(order: RewindOrder): Promise<Rewound>
  forgetDevice(order: ForgetOrder): Promise<ForgottenRecords>
  /** Profiles for all messages that are not under way yet. */
  useProfiles(profiles: readonly UsedProfile[]): Promise<void>
  /** Resolves when lanes are open and closed as they are to be. */
  applyChanges(changes: readonly RegistryChange[]): Promise<void>
  /** Where requests may lead from now on. */
  useEgress(plan: EgressPlan): Promise<void>
  /** Shadow runs in place of those before; one that is there already goes on. */
  useShadows(plans: readonly ShadowPlan[]): Promise<void>
  getShadows(): Promise<readonly ShadowReport[]>
  /** Ends within about `graceMs`, with every lane saved. */
  close(graceMs: number): Promise<void>
}

export type Question = keyof DrainAnswers

export type DrainRequest =
  | { readonly kind: 'announce'; readonly tenant: string; readonly head: number }
  | { readonly kind: 'ask'; readonly id: number; readonly question: Question; readonly argument: unknown }

/** A buffer arrives as the bytes that it holds. */
type Crossing<T extends { readonly payload: Buffer }> = Omit<T, 'payload'> & { readonly payload: Uint8Array }

export type DrainReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly id: number; readonly value?: unknown; readonly error?: string }
  | { readonly kind: 'tail'; readonly tail: TailReport }
  | { readonly kind: 'command'; readonly command: Crossing<Command> }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly fields: Readonly<Record<string, unknown>> }

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
