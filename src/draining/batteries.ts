/** What devices say of their batteries: the attribute `batteryLevel` of their entities, kept until the main thread asks for it. */
import type { MapReading } from '../map/map.ts'
import type { Profile } from '../profiles/profile.ts'
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
/** The value in the normalized form, as the mapping writes it. */
const VALUE = /,"batteryLevel":\{"type":"Property",(?:"unitCode":"[^"]*",)?"value":(-?\d[\d.eE+-]*)/
/** Among the entities of other devices in between; the main thread asks every few seconds. */
const DEVICES_MAX = 200_000

export class Batteries {
  readonly #levels = new Map<string, BatteryLevel>()

  /** Maps as before, and takes note of the battery on the way. Costs nothing for profiles that say nothing of it. */
  watch(profile: Profile, map: MapReading): MapReading {
    const attribute = profile.entities.map(({ attributes }) => attributes[NAME]).find(Boolean)
    // What the agent says of a battery it has from here.
    if (attribute === undefined || profile.id === DEVICE_STATUS_PROFILE) return map
    const factor = attribute.unit === PERCENT ? 1 : 100
    return (reading, device) => {
      const made = map(reading, device)
      for (const { attributes, body } of made.entities) {
        if (!attributes.includes(NAME)) continue
        const level = Number(VALUE.exec(body)?.[1])
        if (level >= 0)
          this.#keep(device.tenant, device.id, { percent: level * factor, at: reading.observedAt })
      }
      return made
    }
  }

  /** Those that came since it was asked before. */
  take(): readonly BatteryLevel[] {
    const levels = [...this.#levels.values()]
    this.#levels.clear()
    return levels
  }

  #keep(tenant: string, device: string, level: Pick<BatteryLevel, 'percent' | 'at'>): void {
    const key = `${tenant}\n${device}`
    const present = this.#levels.get(key)
    if (present === undefined ? this.#levels.size >= DEVICES_MAX : present.at > level.at) return
    this.#levels.set(key, { tenant, device, ...level })
  }
}
