/** How devices are: whether they speak as often as their profile says, and how full their battery is. */
import { BATTERY_TOLD, type HeardDevice, type HeardDevices, NO_BATTERY } from './heard-devices.ts'

export const DEVICE_STATES = ['ok', 'silent', 'never-heard'] as const
export type DeviceState = (typeof DEVICE_STATES)[number]

export interface DeviceBounds {
  /** How many times its interval a device may be silent. */
  readonly silentAfter: number
  /** Milliseconds for which a device may be known without being heard. */
  readonly neverHeardAfter: number
  /** Percent. */
  readonly lowBattery: number
}

export interface DeviceStatus extends HeardDevice {
  readonly state: DeviceState
  /** Milliseconds since the epoch; absent where it was never heard. */
  readonly lastHeardAt: number | undefined
  readonly knownSince: number
  /** Milliseconds between messages; absent where its profile is not there. */
  readonly interval: number | undefined
  /** Absent where nothing is known of it. */
  readonly battery: { readonly percent: number; readonly at: number; readonly isLow: boolean } | undefined
}

export interface DeviceQuery {
  readonly tenant?: string | undefined
  readonly state?: DeviceState | undefined
  readonly lowBattery?: boolean | undefined
  /** The number of the last one that was seen. */
  readonly after?: number | undefined
  readonly limit: number
}

export interface DevicePage {
  readonly devices: readonly DeviceStatus[]
  /** The number to go on after; absent where there are no more. */
  readonly last: number | undefined
}

/** The usual milliseconds between messages; absent for a profile that is not there. */
export type GetInterval = (device: HeardDevice) => number | undefined

/** A battery that was low is so until it is as much above the bound: a cold night must not ring twice. */
const CHARGED_MARGIN = 5

export class DeviceStates {
  readonly devices: HeardDevices
  readonly bounds: DeviceBounds
  readonly #getInterval: GetInterval

  constructor(devices: HeardDevices, bounds: DeviceBounds, getInterval: GetInterval) {
    this.devices = devices
    this.bounds = bounds
    this.#getInterval = getInterval
  }

  getState(slot: number, now: number): DeviceState {
    if (this.devices.fields.heard[slot] === 0) return 'never-heard'
    const device = this.devices.getDevice(slot)
    const interval = device && this.#getInterval(device)
    if (interval === undefined) return 'ok'
    const isSilent = this.devices.getSilence(slot, now) * 1_000 > interval * this.bounds.silentAfter
    return isSilent ? 'silent' : 'ok'
  }

  /** It was never heard, and should have been by now. */
  isOverdue(slot: number, now: number): boolean {
    const isHeard = this.devices.fields.heard[slot] !== 0
    return !isHeard && this.devices.getSilence(slot, now) * 1_000 > this.bounds.neverHeardAfter
  }

  isLow(slot: number): boolean {
    const percent = this.devices.fields.battery[slot] ?? NO_BATTERY
    const margin = this.devices.hasFlag(slot, BATTERY_TOLD) ? CHARGED_MARGIN : 0
    return this.bounds.lowBattery > 0 && percent < this.bounds.lowBattery + margin
  }

  /** Undefined for a device that is not known. */
  find(tenant: string, id: string): DeviceStatus | undefined {
    const slot = this.devices.find(tenant, id)
    return slot === undefined ? undefined : this.describe(slot)
  }

  describe(slot: number, now = Date.now()): DeviceStatus | undefined {
    const device = this.devices.getDevice(slot)
    if (device === undefined) return undefined
    const { heard, known, battery, batteryAt } = this.devices.fields
    const percent = battery[slot] ?? NO_BATTERY
    const toTime = (seconds = 0) => seconds * 1_000
    return {
      ...device,
      state: this.getState(slot, now),
      lastHeardAt: toTime(heard[slot]) || undefined,
      knownSince: toTime(known[slot]),
      interval: this.#getInterval(device),
      battery:
        percent === NO_BATTERY
          ? undefined
          : { percent, at: toTime(batteryAt[slot]), isLow: this.isLow(slot) },
    }
  }

  list({ tenant, state, lowBattery, after = -1, limit }: DeviceQuery, now = Date.now()): DevicePage {
    const devices: DeviceStatus[] = []
    for (let slot = after + 1; slot < this.devices.end; slot++) {
      const device = this.devices.getDevice(slot)
      if (device === undefined || (tenant !== undefined && device.tenant !== tenant)) continue
      if (state !== undefined && this.getState(slot, now) !== state) continue
      if (lowBattery !== undefined && this.isLow(slot) !== lowBattery) continue
      // One more than is asked for tells that there is one more.
      if (devices.length === limit) return { devices, last: slot - 1 }
      const status = this.describe(slot, now)
      if (status !== undefined) devices.push(status)
    }
    return { devices, last: undefined }
  }
}
