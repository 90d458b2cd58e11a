/** What devices say of their batteries: the attribute `batteryLevel` of their entities, kept until the main thread asks for it. */
import type { PropertyListener } from '../map/attribute.ts'
import type { Seen } from '../map/seen.ts'
import type { Profile } from '../profiles/profile.ts'
import type { Device } from '../reading.ts'
import { DEVICE_STATUS_PROFILE } from '../status-topic.ts'

export interface BatteryLevel {
  readonly tenant: string
  readonly device: string
  readonly percent: number
  /** When it was observed, in milliseconds since the epoch. */
  readonly at: number
}

const NAME = 'batteryLevel'
/** UN/CEFACT: percent. In the Smart Data Models a level is a part of one. */
const PERCENT = 'P1'
/** Among the entities of other devices in between; the main thread asks every few seconds. */
const DEVICES_MAX = 200_000
const DEVICES_MIN = 64

export class Batteries {
  /** Which of the levels is that of a device. */
  readonly #indices = new Map<string, Map<string, number>>()
  /** Percent and time by turns: numbers side by side, where objects would be one wait for memory each. */
  #levels = new Float64Array(DEVICES_MIN * 2)
  #devices = 0
  /** How often the main thread has asked. */
  #round = 0

  /** What takes note of the battery while a reading is mapped; nothing for profiles that say nothing of it. */
  listenTo(profile: Profile): PropertyListener | undefined {
    const attribute = profile.entities.map(({ attributes }) => attributes[NAME]).find(Boolean)
    // What the agent says of a battery it has from here.
    if (attribute === undefined || profile.id === DEVICE_STATUS_PROFILE) return undefined
    const factor = attribute.unit === PERCENT ? 1 : 100
    return {
      name: NAME,
      hear: (level, { reading, device, seen }) => {
        if (typeof level === 'number' && level >= 0)
          this.#keep(device, seen, level * factor, reading.observedAt)
      },
    }
  }

  /** Those that came since it was asked before. */
  take(): readonly BatteryLevel[] {
    const taken = [...this.#indices].flatMap(([tenant, indices]) =>
      [...indices].map(([device, index]) => ({ tenant, device, ...this.#get(index) })),
    )
    this.#indices.clear()
    this.#devices = 0
    this.#round += 1
    return taken
  }

  #get(index: number): Pick<BatteryLevel, 'percent' | 'at'> {
    return { percent: this.#levels[index * 2] ?? 0, at: this.#levels[index * 2 + 1] ?? 0 }
  }

  #keep(device: Device, seen: Seen, percent: number, at: number): void {
    if (seen.heardRound !== this.#round) {
      seen.heardPlace = this.#find(device)
      seen.heardRound = this.#round
    }
    const { heardPlace: index } = seen
    if (index < 0 || (this.#levels[index * 2 + 1] ?? 0) > at) return
    this.#levels[index * 2] = percent
    this.#levels[index * 2 + 1] = at
  }

  /** Less than zero where there is no room. */
  #find({ tenant, id }: Device): number {
    const ofTenant = this.#indices.get(tenant) ?? new Map<string, number>()
    const present = ofTenant.get(id)
    if (present !== undefined) return present
    if (this.#devices >= DEVICES_MAX) return -1
    const index = this.#devices
    this.#devices += 1
    this.#indices.set(tenant, ofTenant.set(id, index))
    this.#add(index)
    return index
  }

  #add(index: number): void {
    if (index * 2 === this.#levels.length) {
      const levels = new Float64Array(this.#levels.length * 2)
      levels.set(this.#levels)
      this.#levels = levels
    }
    this.#levels[index * 2 + 1] = Number.NEGATIVE_INFINITY
  }
}
