/** Starts and ends the alarms of devices: silent, never heard, low battery. */
import { setImmediate as breathe } from 'node:timers/promises'
import type { AlarmKind, Finding } from './alarm.ts'
import type { Alarms } from './alarms.ts'
import type { DeviceStates } from './device-states.ts'
import { AT_ONCE, BATTERY_TOLD, type HeardDevices, NEVER_HEARD_TOLD, SILENT_TOLD } from './heard-devices.ts'

export interface DeviceCounts {
  readonly tenant: string
  readonly devices: number
  readonly silent: number
  readonly neverHeard: number
  readonly lowBattery: number
}

interface DeviceAlarm {
  readonly flag: number
  readonly severity: Finding['severity']
  /** Of so many that are not told one by one. */
  readonly others: string
}

const DEVICE_ALARMS = new Map<AlarmKind, DeviceAlarm>([
  ['device-silent', { flag: SILENT_TOLD, severity: 'warning', others: 'more devices are silent' }],
  [
    'device-never-heard',
    { flag: NEVER_HEARD_TOLD, severity: 'info', others: 'more devices were never heard' },
  ],
  ['low-battery', { flag: BATTERY_TOLD, severity: 'warning', others: 'more batteries are low' }],
])

export const DEVICE_ALARM_KINDS: readonly AlarmKind[] = [...DEVICE_ALARMS.keys()]

/** With a gateway all its devices fall silent: so many of a tenant are told one by one, and the rest by their number. */
const TOLD_MAX = 1_000

export class DeviceAlarms {
  readonly #states: DeviceStates
  readonly #devices: HeardDevices
  readonly #alarms: Alarms
  /** How many of a kind and tenant are told one by one. */
  readonly #told = new Map<string, number>()
  #counts: readonly DeviceCounts[] = []

  constructor(states: DeviceStates, alarms: Alarms) {
    this.#states = states
    this.#devices = states.devices
    this.#alarms = alarms
    this.#takeUp()
  }

  /** What was counted at the last look. */
  get counts(): readonly DeviceCounts[] {
    return this.#counts
  }

  /** In parts, since sensors wait for their PUBACK on this thread. */
  async look(now = Date.now()): Promise<void> {
    const tallies = new Map<string, Tally>()
    for (let slot = 0; slot < this.#devices.end; slot++) {
      if (slot % AT_ONCE === AT_ONCE - 1) await breathe()
      const device = this.#devices.getDevice(slot)
      if (device === undefined) continue
      const tally = tallies.get(device.tenant) ?? new Tally()
      tallies.set(device.tenant, tally)
      this.#weigh(slot, tally, now)
    }
    this.#counts = [...tallies].map(([tenant, tally]) => ({ tenant, ...tally.counts }))
    this.#tellOthers(tallies, now)
  }

  /** A device that is not there any more has no alarms. */
  forget(slot: number, now = Date.now()): void {
    for (const kind of DEVICE_ALARMS.keys()) this.#end(slot, kind, now)
  }

  #weigh(slot: number, tally: Tally, now: number): void {
    const state = this.#states.getState(slot, now)
    const isLow = this.#states.isLow(slot)
    tally.counts.devices += 1
    if (state === 'silent') tally.counts.silent += 1
    if (state === 'never-heard') tally.counts.neverHeard += 1
    if (isLow) tally.counts.lowBattery += 1
    if (state === 'silent') this.#start(slot, 'device-silent', { tally, now })
    else this.#end(slot, 'device-silent', now)
    if (this.#states.isOverdue(slot, now)) this.#start(slot, 'device-never-heard', { tally, now })
    else this.#end(slot, 'device-never-heard', now)
    if (isLow) this.#start(slot, 'low-battery', { tally, now })
    else this.#end(slot, 'low-battery', now)
  }

  #start(
    slot: number,
    kind: AlarmKind,
    { tally, now }: { readonly tally: Tally; readonly now: number },
  ): void {
    const { flag = 0, severity = 'info' } = DEVICE_ALARMS.get(kind) ?? {}
    const device = this.#devices.getDevice(slot)
    if (device === undefined || this.#devices.hasFlag(slot, flag)) return
    const key = `${kind}\n${device.tenant}`
    const told = this.#told.get(key) ?? 0
    if (told >= TOLD_MAX) {
      tally.others.set(kind, (tally.others.get(kind) ?? 0) + 1)
      return
    }
    this.#told.set(key, told + 1)
    this.#devices.setFlag(slot, flag, true)
    const { tenant, id } = device
    this.#alarms.open({ kind, tenant, subject: id, severity, message: this.#toMessage(slot, kind) }, now)
  }

  #end(slot: number, kind: AlarmKind, now: number): void {
    const { flag = 0 } = DEVICE_ALARMS.get(kind) ?? {}
    const device = this.#devices.getDevice(slot)
    if (device === undefined || !this.#devices.hasFlag(slot, flag)) return
    const key = `${kind}\n${device.tenant}`
    this.#told.set(key, (this.#told.get(key) ?? 1) - 1)
    this.#devices.setFlag(slot, flag, false)
    this.#alarms.close({ kind, tenant: device.tenant, subject: device.id }, now)
  }

  #tellOthers(tallies: ReadonlyMap<string, Tally>, now: number): void {
    for (const [tenant, { others }] of tallies) {
      for (const [kind, { severity, others: words }] of DEVICE_ALARMS) {
        const count = others.get(kind) ?? 0
        const place = { kind, tenant, subject: '' }
        if (count === 0) this.#alarms.close(place, now)
        else this.#alarms.open({ ...place, severity, message: `${count} ${words}` }, now)
      }
    }
  }

  #toMessage(slot: number, kind: AlarmKind): string {
    const status = this.#states.describe(slot)
    if (status === undefined) return ''
    const { profile, interval = 0, lastHeardAt, knownSince, battery } = status
    if (kind === 'low-battery')
      return `expected a battery of ${this.#states.bounds.lowBattery} % or more, got ${battery?.percent} %`
    if (lastHeardAt === undefined)
      return `never heard, and known since ${new Date(knownSince).toISOString()} as ${profile}`
    const every = `${Math.round(interval / 1_000)} s`
    return `last heard ${new Date(lastHeardAt).toISOString()}, expected every ${every} as ${profile}`
  }

  /** Alarms that stood before a restart stand on, but for those of devices that are gone. */
  #takeUp(): void {
    for (const { kind, tenant = '', subject } of this.#alarms.standing) {
      const alarm = DEVICE_ALARMS.get(kind)
      if (alarm === undefined || subject === '') continue
      const slot = this.#devices.find(tenant, subject)
      if (slot === undefined) {
        this.#alarms.close({ kind, tenant, subject })
        continue
      }
      this.#devices.setFlag(slot, alarm.flag, true)
      const key = `${kind}\n${tenant}`
      this.#told.set(key, (this.#told.get(key) ?? 0) + 1)
    }
  }
}

/** What is counted of the devices of a tenant in one look. */
class Tally {
  readonly counts = { devices: 0, silent: 0, neverHeard: 0, lowBattery: 0 }
  /** Those that are not told one by one. */
  readonly others = new Map<AlarmKind, number>()
}
