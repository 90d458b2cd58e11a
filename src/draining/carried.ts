/** What the flow works with on its way from a lane to its destination: profiles, the parts of a lane, and a message under way. */
import type { Decode, DecodeLater } from '../decode/decode.ts'
import type { Identify } from '../decode/identify.ts'
import type { LaneMessage } from '../journal/lane.ts'
import type { MapReading } from '../map/map.ts'
import type { Message, Outcome } from '../reading.ts'
import type { Shadows } from '../shadow/shadows.ts'
import type { CheckEntity } from '../validation/check-entity.ts'
import type { KnownDevice, KnownDevices } from './known-devices.ts'
import type { Repeats } from './repeats.ts'
import type { TimelyUplink } from './timely-uplink.ts'
import type { Turns } from './turns.ts'

/** A device type, ready to use: its two halves are compiled once. Only a codec script decodes later, in the sandbox. */
export type CompiledProfile = {
  readonly map: MapReading
  readonly identify?: Identify
  /** What it decodes depends on what it has decoded before. */
  readonly isStateful?: boolean
} & (
  | { readonly decode: Decode; readonly decodeLater?: undefined }
  | { readonly decode?: undefined; readonly decodeLater: DecodeLater }
)

/** Where messages come from and what became of them goes: a lane, or what its quarantine gives once more. */
export interface Source {
  take(): Promise<readonly LaneMessage[]>
  settle(item: LaneMessage, outcome: Outcome): void
}

export interface CarryOptions {
  readonly devices: KnownDevices
  /** By the name under which a device finds its own. */
  readonly profiles: { get(name: string): CompiledProfile | undefined }
  readonly uplink: Pick<TimelyUplink, 'send'>
  readonly turns: Turns
  readonly repeats: Repeats
  /** Are shown every message with its device, and have no say in what becomes of it. */
  readonly shadows: Pick<Shadows, 'see'>
  /** Throws for an entity that may not leave; nothing is checked where there is none. */
  readonly checks: { readonly check: CheckEntity | undefined }
  /** Hears of every message that is settled, and how many attributes were left out on the way. */
  readonly onSettled: (message: Message, outcome: Outcome, position: number) => void
  readonly onOmitted: (attributes: number) => void
  /** Hears of a time that was not believed; throws where the message may not go on without it. */
  readonly onDoubtfulTime: (time: string) => void
}

/** A message on its way, and what is known of it by now. */
export interface Carried extends LaneMessage {
  readonly known: KnownDevice
  readonly profile: CompiledProfile
  /** When the same bytes were received before; NaN if they were not. */
  readonly earlierAt: number
  readonly settle: (outcome: Outcome) => void
}
