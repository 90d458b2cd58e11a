/**
 * When each device was last heard, in few bytes for each of 100,000 and at next to no cost for a message: a number for each device,
 * and behind it flat arrays of seconds. While the agent was away nobody could be heard, so that time is not held against a device.
 */

/** Of a device, in flat arrays. Seconds since the epoch; 0 is never. */
export interface HeardFields {
  readonly heard: Uint32Array
  /** Since when it is known. */
  readonly known: Uint32Array
  /** Seconds since it was last heard, or known, in which the agent was away. */
  readonly away: Uint32Array
  readonly batteryAt: Uint32Array
  /** Percent, or NO_BATTERY. */
  readonly battery: Uint8Array
  readonly flags: Uint8Array
}

export interface HeardDevice {
  readonly tenant: string
  readonly id: string
  readonly profile: string
}

export const NO_BATTERY = 255
/** Flags. A device that is not provisioned: a group or a route implies it. */
export const IMPLIED = 1
/** An alarm of it stands. */
export const SILENT_TOLD = 2
export const NEVER_HEARD_TOLD = 4
export const BATTERY_TOLD = 8
/** Two bits: what brokers were told of it last. */
export const STATE_TOLD = 0b11_0000
const STATE_TOLD_SHIFT = 4

/** Devices that are saved together. */
export const BLOCK = 4_096
/** Devices that are gone through in one go: sensors wait for their PUBACK meanwhile. */
export const AT_ONCE = 256
/** Topics name as many devices as somebody likes to invent. */
const IMPLIED_MAX = 100_000

export class HeardDevices {
  readonly #slots = new Map<string, Map<string, number>>()
  readonly #devices: (HeardDevice | undefined)[] = []
  readonly #free: number[] = []
  #fields = createFields(BLOCK)
  #implied = 0
  /** Blocks with something that is not saved, and those of them in which devices have come, gone or become others. */
  readonly dirty = new Set<number>()
  readonly changed = new Set<number>()

  /** One more than the highest number of a device. */
  get end(): number {
    return this.#devices.length
  }

  get fields(): HeardFields {
    return this.#fields
  }

  getDevice(slot: number): HeardDevice | undefined {
    return this.#devices[slot]
  }

  find(tenant: string, id: string): number | undefined {
    return this.#slots.get(tenant)?.get(id)
  }

  /** False for a device that is not known. */
  hear(tenant: string, id: string, atMs: number): boolean {
    const slot = this.#slots.get(tenant)?.get(id)
    if (slot === undefined) return false
    const { heard, away } = this.#fields
    const at = Math.floor(atMs / 1_000)
    if (at <= (heard[slot] ?? 0)) return true
    heard[slot] = at
    away[slot] = 0
    this.dirty.add(slot >>> 12)
    return true
  }

  /** A device that is known, now or from now on. Gives its number, or nothing where there are too many that are only implied. */
  add(device: HeardDevice, nowMs: number, isImplied = false): number | undefined {
    const { tenant, id, profile } = device
    const present = this.find(tenant, id)
    if (present !== undefined) {
      if (this.#devices[present]?.profile !== profile) this.#put(present, device)
      if (!isImplied) this.#own(present)
      return present
    }
    if (isImplied && this.#implied >= IMPLIED_MAX) return undefined
    const slot = this.#free.pop() ?? this.#devices.length
    this.#makeRoom(slot)
    this.#put(slot, device)
    const ofTenant = this.#slots.get(tenant) ?? new Map<string, number>()
    this.#slots.set(tenant, ofTenant.set(id, slot))
    this.#clear(slot)
    this.#fields.known[slot] = Math.floor(nowMs / 1_000)
    if (isImplied) this.#fields.flags[slot] = IMPLIED
    if (isImplied) this.#implied += 1
    return slot
  }

  remove(slot: number): void {
    const device = this.#devices[slot]
    if (device === undefined) return
    this.#own(slot)
    this.#slots.get(device.tenant)?.delete(device.id)
    this.#put(slot, undefined)
    this.#free.push(slot)
  }

  /** An older level than the one that is known changes nothing. */
  setBattery(slot: number, percent: number, atMs: number): void {
    const { battery, batteryAt } = this.#fields
    const at = Math.floor(atMs / 1_000)
    if (at < (batteryAt[slot] ?? 0)) return
    battery[slot] = Math.max(0, Math.min(100, Math.round(percent)))
    batteryAt[slot] = at
    this.dirty.add(slot >>> 12)
  }

  setFlag(slot: number, flag: number, isSet: boolean): void {
    const { flags } = this.#fields
    const before = flags[slot] ?? 0
    flags[slot] = isSet ? before | flag : before & ~flag
  }

  hasFlag(slot: number, flag: number): boolean {
    return ((this.#fields.flags[slot] ?? 0) & flag) !== 0
  }

  /** Up to 3; 0 where nothing was told. */
  getTold(slot: number): number {
    return ((this.#fields.flags[slot] ?? 0) & STATE_TOLD) >>> STATE_TOLD_SHIFT
  }

  setTold(slot: number, told: number): void {
    this.setFlag(slot, STATE_TOLD, false)
    this.setFlag(slot, told << STATE_TOLD_SHIFT, true)
    this.dirty.add(slot >>> 12)
  }

  /** How long the agent could have heard it and has not, in seconds: since it was last heard, or since it is known. */
  getSilence(slot: number, nowMs: number): number {
    const { heard, known, away } = this.#fields
    const since = heard[slot] || (known[slot] ?? 0)
    return Math.floor(nowMs / 1_000) - since - (away[slot] ?? 0)
  }

  /** The agent was away for so long: nobody could be heard. */
  addAway(seconds: number): void {
    const { away } = this.#fields
    for (let slot = 0; slot < this.end; slot++) away[slot] = (away[slot] ?? 0) + seconds
  }

  #put(slot: number, device: HeardDevice | undefined): void {
    this.#devices[slot] = device
    this.dirty.add(slot >>> 12)
    this.changed.add(slot >>> 12)
  }

  /** It is not one of those that are only implied any more. */
  #own(slot: number): void {
    if (!this.hasFlag(slot, IMPLIED)) return
    this.setFlag(slot, IMPLIED, false)
    this.#implied -= 1
  }

  #clear(slot: number): void {
    const { heard, known, away, batteryAt, battery, flags } = this.#fields
    for (const numbers of [heard, known, away, batteryAt, flags]) numbers[slot] = 0
    battery[slot] = NO_BATTERY
  }

  #makeRoom(slot: number): void {
    if (slot < this.#fields.heard.length) return
    const grown = createFields(this.#fields.heard.length * 2)
    for (const name of Object.keys(grown) as (keyof HeardFields)[]) grown[name].set(this.#fields[name])
    this.#fields = grown
  }
}

export function createFields(slots: number): HeardFields {
  return {
    heard: new Uint32Array(slots),
    known: new Uint32Array(slots),
    away: new Uint32Array(slots),
    batteryAt: new Uint32Array(slots),
    battery: new Uint8Array(slots),
    flags: new Uint8Array(slots),
  }
}
