/** What devices say of their batteries: the attribute `batteryLevel` of their entities, kept until the main thread asks for it. */
import type { PropertyListener } from '../map/attribute.ts'
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

type Level = { -readonly [Key in 'percent' | 'at']: BatteryLevel[Key] }

const NAME = 'batteryLevel'
/** UN/CEFACT: percent. In the Smart Data Models a level is a part of one. */
const PERCENT = 'P1'
/** Among the entities of other devices in between; the main thread asks every few seconds. */
const DEVICES_MAX = 200_000

export class Batteries {
  readonly #levels = new Map<string, Map<string, Level>>()
  #devices = 0

  /** What takes note of the battery while a reading is mapped; nothing for profiles that say nothing of it. */
  listenTo(profile: Profile): PropertyListener | undefined {
    const attribute = profile.entities.map(({ attributes }) => attributes[NAME]).find(Boolean)
    // What the agent says of a battery it has from here.
    if (attribute === undefined || profile.id === DEVICE_STATUS_PROFILE) return undefined
    const factor = attribute.unit === PERCENT ? 1 : 100
    return {
      name: NAME,
      hear: (level, { reading, device }) => {
        if (typeof level === 'number' && level >= 0) this.#keep(device, level * factor, reading.observedAt)
      },
    }
  }

  /** Those that came since it was asked before. */
  take(): readonly BatteryLevel[] {
    const taken = [...this.#levels].flatMap(([tenant, levels]) =>
      [...levels].map(([device, level]) => ({ tenant, device, ...level })),
    )
    this.#levels.clear()
    this.#devices = 0
    return taken
  }

  /** Costs a look-up and no more for a device that is there already. */
  #keep({ tenant, id }: Device, percent: number, at: number): void {
    const ofTenant = this.#levels.get(tenant) ?? new Map<string, Level>()
    const present = ofTenant.get(id)
    if (present !== undefined) {
      if (present.at > at) return
      present.percent = percent
      present.at = at
    } else if (this.#devices < DEVICES_MAX) {
      this.#devices += 1
      this.#levels.set(tenant, ofTenant.set(id, { percent, at }))
    }
  }
}
