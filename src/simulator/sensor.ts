/** The shapes that the simulator is made of: a sensor in the field, the moment it wakes up, and what it sends. */
import type { LocalTime } from './local-time.ts'
import type { Random } from './random.ts'
import type { Rhythm } from './town-life.ts'

/** The device profiles that the town uses. */
export type Profile =
  | 'nwave-nps405'
  | 'decentlab-dl-pm'
  | 'milesight-ws302'
  | 'milesight-em400-mud'
  | 'decentlab-dl-mbx'
  | 'milesight-vs133'
  | 'dragino-lse01'
  | 'aqara-wsdcgq11lm'
  | 'shelly-pro-3em'
  | 'kamstrup-multical-21'
  | 'sonoff-pow-r2'
  | 'generic-water-level'

export interface Sensor {
  readonly device: string
  readonly profile: Profile
  /** The place, as people call it. */
  readonly name: string
  /** WGS84, longitude before latitude. */
  readonly location: readonly [number, number]
  readonly placement: 'indoor' | 'outdoor'
  /** What the administrator knows and the payload does not say. */
  readonly attributes: Readonly<Record<string, unknown>>
  /** Whose day the consumption behind a meter follows. */
  readonly rhythm?: Rhythm | undefined
  /** Real towns have sensors that stop, and sensors that talk nonsense; so has this one. */
  readonly fault?: 'silent' | 'nonsense' | undefined
}

/** What a sensor knows when it wakes up to send. */
export interface Moment {
  readonly timeMs: number
  readonly local: LocalTime
  /** Since it last sent. */
  readonly elapsedMs: number
  /** Uplinks before this one. */
  readonly uplinks: number
  /** Of the battery, 0 to 1. */
  readonly charge: number
  /** A slow random walk around 0 with standard deviation 1: this sensor's own part of what it sees. */
  readonly drift: number
}

/** Makes the reader of one sensor, which keeps what it must remember between two readings to itself. */
export type CreateReader<T> = (sensor: Sensor, random: Random, startMs: number) => (moment: Moment) => T

/** One MQTT PUBLISH of a sensor. */
export interface Uplink {
  readonly topic: string
  readonly payload: Buffer
}

export function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}
