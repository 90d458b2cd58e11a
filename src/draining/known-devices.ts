/**
 * The devices that one lane has met, with what mapper, uplink and batteries know of them: one look-up for a message, where each of them
 * would have one of its own. Look-ups among thousands wait for memory, and such waits are much of what a reading costs.
 */
import type { MapReading } from '../map/map.ts'
import { Seen } from '../map/seen.ts'
import { nameProfile } from '../profiles/used-profile.ts'
import type { Device, Message } from '../reading.ts'
import type { Registry } from '../registry/registry.ts'
import { isStatusTopic } from '../status-topic.ts'

/** The others are looked up each time. */
const DEVICES_MAX = 131_072

/** What every message needs of its device is here itself, so that the device need not be looked at. */
export class KnownDevice extends Seen {
  readonly device: Device
  readonly id: string
  readonly profileName: string
  #mapper: MapReading | undefined

  constructor(device: Device) {
    super()
    this.device = device
    this.id = device.id
    this.profileName = nameProfile(device)
  }

  /** What this mapper has found out; another one begins anew. */
  seenBy(mapper: MapReading): Seen {
    if (mapper !== this.#mapper) {
      this.#mapper = mapper
      this.forget()
    }
    return this
  }
}

export class KnownDevices {
  readonly #registry: Registry
  readonly #known = new Map<string, KnownDevice>()
  #revision: number

  constructor(registry: Registry) {
    this.#registry = registry
    this.#revision = registry.revision
  }

  /** Whose message it is, as the registry has it now; undefined where it knows no device for it. */
  find(message: Message): KnownDevice | undefined {
    if (this.#revision !== this.#registry.revision) {
      this.#revision = this.#registry.revision
      this.#known.clear()
    }
    const known = this.#known.get(message.device)
    return known !== undefined && !isStatusTopic(message.topic) ? known : this.#meet(message)
  }

  /** Remembers provisioned devices; which one a topic implies, and what the agent says of a device itself, depends on the message. */
  #meet(message: Message): KnownDevice | undefined {
    const { tenant, device: id } = message
    const device = this.#registry.findDevice(message)
    if (device === undefined) return undefined
    const known = new KnownDevice(device)
    const isProvisioned = device === this.#registry.getDevice(tenant, id)
    if (isProvisioned && this.#known.size < DEVICES_MAX) this.#known.set(id, known)
    return known
  }
}
