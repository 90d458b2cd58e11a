/** Watches devices: hears of their messages and batteries, and knows which ones there are. */
import { setImmediate as breathe } from 'node:timers/promises'
import type { BatteryLevel } from '../draining/batteries.ts'
import type { Engine } from '../journal/engine.ts'
import { hearMessagesSince } from '../journal/messages-since.ts'
import type { Device, Message } from '../reading.ts'
import type { Alarms } from './alarms.ts'
import { DEVICE_ALARM_KINDS, DeviceAlarms } from './device-alarms.ts'
import { type DeviceBounds, DeviceStates, type GetInterval } from './device-states.ts'
import { AT_ONCE, type HeardDevice, type HeardDevices, IMPLIED } from './heard-devices.ts'
import { loadHeard, saveHeard } from './heard-store.ts'
import { ToldStates } from './status-messages.ts'

export interface DeviceWatchOptions {
  readonly engine: Engine
  readonly alarms: Alarms
  readonly bounds: DeviceBounds
  /** All that is provisioned, now. */
  readonly listDevices: () => Iterable<HeardDevice>
  /** Rises when devices come, go or become others. */
  readonly getRevision: () => number
  readonly tenants: readonly string[]
  readonly getInterval: GetInterval
  /** The device that a group or a route makes of what a topic names. */
  readonly findImplied: (message: Message) => Device | undefined
}

/** A device that is only implied, and is silent for so long, is gone. */
const GONE_SECONDS = 30 * 24 * 3_600

export class DeviceWatch {
  readonly states: DeviceStates
  readonly #options: DeviceWatchOptions
  readonly #devices: HeardDevices
  readonly #alarms: DeviceAlarms
  #revision: number

  /** With what was heard before the last end, be it a stop or a crash. */
  static async open(options: DeviceWatchOptions): Promise<DeviceWatch> {
    const { engine, tenants } = options
    const startedAt = Date.now()
    const { devices, savedAt } = await loadHeard(engine)
    // The alarms of devices that are gone end as they are taken up.
    const revision = options.getRevision()
    await provision(devices, options.listDevices(), slot => devices.remove(slot))
    const watch = new DeviceWatch(options, devices, revision)
    if (savedAt === undefined) {
      // From now on a crash loses nothing.
      await watch.save()
      return watch
    }
    const told = new ToldStates()
    let aliveAt = savedAt
    const hear = (message: Message) => {
      if (!told.hear(message)) watch.hear(message)
      aliveAt = Math.max(aliveAt, message.receivedAt)
    }
    for (const tenant of tenants) await hearMessagesSince(engine, { tenant, since: savedAt }, hear)
    told.apply(devices)
    devices.addAway(Math.max(0, Math.round((startedAt - aliveAt) / 1_000)))
    return watch
  }

  private constructor(options: DeviceWatchOptions, devices: HeardDevices, revision: number) {
    this.#revision = revision
    this.#options = options
    this.#devices = devices
    this.states = new DeviceStates(devices, options.bounds, options.getInterval)
    this.#alarms = new DeviceAlarms(this.states, options.alarms)
  }

  get counts() {
    return this.#alarms.counts
  }

  /** On the way of every message that comes in. */
  hear(message: Message): void {
    const { tenant, device, receivedAt } = message
    if (this.#devices.hear(tenant, device, receivedAt) || device === '') return
    const implied = this.#options.findImplied(message)
    if (implied === undefined) return
    const { id, profile } = implied
    this.#devices.add({ tenant, id, profile }, receivedAt, true)
    this.#devices.hear(tenant, id, receivedAt)
  }

  hearBattery({ tenant, device, percent, at }: BatteryLevel): void {
    const slot = this.#devices.find(tenant, device)
    if (slot !== undefined) this.#devices.setBattery(slot, percent, at)
  }

  /** Does nothing where nothing has changed. */
  async follow(): Promise<void> {
    if (this.#options.getRevision() !== this.#revision) await this.provision()
  }

  /** Knows who has come and forgets who is gone. */
  async provision(): Promise<void> {
    this.#revision = this.#options.getRevision()
    await provision(this.#devices, this.#options.listDevices(), slot => {
      this.#alarms.forget(slot)
      this.#devices.remove(slot)
    })
  }

  /** When it was heard, its battery and its alarms; a device that is still provisioned was never heard from now on. */
  async forget(tenant: string, id: string, dryRun: boolean): Promise<{ heard: number; alarms: number }> {
    const slot = this.#devices.find(tenant, id)
    const heard = Number(slot !== undefined && (this.#devices.fields.heard[slot] ?? 0) > 0)
    if (slot !== undefined && !dryRun) {
      this.#alarms.forget(slot)
      this.#devices.remove(slot)
      await this.provision()
      await this.save()
    }
    const kinds = DEVICE_ALARM_KINDS
    const alarms = await this.#options.alarms.forget({ kinds, tenant, subject: id }, dryRun)
    return { heard, alarms }
  }

  look(): Promise<void> {
    return this.#alarms.look()
  }

  save(): Promise<void> {
    return saveHeard(this.#options.engine, this.#devices)
  }
}

/** Those that are provisioned and those that are implied are known, and no others. In parts: sensors wait for their PUBACK. */
async function provision(
  devices: HeardDevices,
  provisioned: Iterable<HeardDevice>,
  remove: (slot: number) => void,
): Promise<void> {
  const now = Date.now()
  const known = new Uint8Array(devices.end)
  let seen = 0
  for (const { tenant, id, profile } of provisioned) {
    const slot = devices.add({ tenant, id, profile }, now)
    if (slot !== undefined && slot < known.length) known[slot] = 1
    seen += 1
    if (seen % AT_ONCE === 0) await breathe()
  }
  for (let slot = 0; slot < known.length; slot++) {
    const isAlive = devices.hasFlag(slot, IMPLIED) && devices.getSilence(slot, now) < GONE_SECONDS
    if (known[slot] === 0 && !isAlive) remove(slot)
  }
}
