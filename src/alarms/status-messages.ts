/**
 * Tells brokers how devices are, where their tenant wants that: by messages of our own in the journal, so that none is lost and each
 * comes behind what its device has sent before.
 */
import { setImmediate as breathe } from 'node:timers/promises'
import type { Message, StoreMessage } from '../reading.ts'
import { createStatusTopic, isStatusTopic } from '../status-topic.ts'
import { DEVICE_STATES, type DeviceState, type DeviceStates, type DeviceStatus } from './device-states.ts'
import { AT_ONCE, type HeardDevices } from './heard-devices.ts'

export interface StatusOptions {
  readonly store: StoreMessage
  /** Those whose brokers are told, now. */
  readonly getTenants: () => ReadonlySet<string>
}

/** With a gateway all its devices fall silent; readings of others are not to wait behind all of them. */
const AT_ONCE_MAX = 1_000

export class StatusMessages {
  readonly #states: DeviceStates
  readonly #options: StatusOptions
  /** Where the next look begins, so that each device has its turn. */
  #next = 0

  constructor(states: DeviceStates, options: StatusOptions) {
    this.#states = states
    this.#options = options
  }

  /** Whatever is otherwise than it was told. What cannot be stored is told at the next look. */
  async tell(): Promise<void> {
    const tenants = this.#options.getTenants()
    if (tenants.size === 0) return
    const { end } = this.#states.devices
    const first = this.#next
    const stored: Promise<void>[] = []
    let seen = 0
    while (seen < end && stored.length < AT_ONCE_MAX) {
      const status = this.#findNews((first + seen) % end, tenants)
      if (status !== undefined) stored.push(this.#store((first + seen) % end, status))
      seen += 1
      // In parts, since sensors wait for their PUBACK on this thread.
      if (seen % AT_ONCE === 0) await breathe()
    }
    this.#next = end === 0 ? 0 : (first + seen) % end
    await Promise.all(stored)
  }

  #findNews(slot: number, tenants: ReadonlySet<string>): DeviceStatus | undefined {
    const { devices } = this.#states
    const device = devices.getDevice(slot)
    if (device === undefined || !tenants.has(device.tenant)) return undefined
    const now = Date.now()
    const state = this.#states.getState(slot, now)
    // It has its time to be put up.
    if (state === 'never-heard' && !this.#states.isOverdue(slot, now)) return undefined
    return devices.getTold(slot) === toNumber(state) ? undefined : this.#states.describe(slot, now)
  }

  #store(slot: number, status: DeviceStatus): Promise<void> {
    const { devices } = this.#states
    const device = devices.getDevice(slot)
    return new Promise(resolve =>
      this.#options.store(createStatusMessage(status, Date.now()), error => {
        if (error === undefined && devices.getDevice(slot) === device)
          devices.setTold(slot, toNumber(status.state))
        resolve()
      }),
    )
  }
}

/** What was told last of each device, found in messages of the journal in any order. */
export class ToldStates {
  readonly #told = new Map<string, Pick<Message, 'tenant' | 'device' | 'receivedAt'> & { number: number }>()

  /** False for a message that is none of our own. */
  hear({ tenant, device, topic, payload, receivedAt }: Message): boolean {
    if (!isStatusTopic(topic)) return false
    const key = `${tenant}\n${device}`
    const known = this.#told.get(key)
    if (known !== undefined && known.receivedAt >= receivedAt) return true
    const { state } = JSON.parse(payload.toString()) as Pick<DeviceStatus, 'state'>
    this.#told.set(key, { tenant, device, receivedAt, number: toNumber(state) })
    return true
  }

  apply(devices: HeardDevices): void {
    for (const { tenant, device, number } of this.#told.values()) {
      const slot = devices.find(tenant, device)
      if (slot !== undefined) devices.setTold(slot, number)
    }
  }
}

function createStatusMessage(
  { tenant, id, state, lastHeardAt, battery }: DeviceStatus,
  now: number,
): Message {
  const payload = {
    state,
    ...(lastHeardAt !== undefined && { lastHeardAt: toTime(lastHeardAt) }),
    ...(battery !== undefined && { battery: { percent: battery.percent, at: toTime(battery.at) } }),
  }
  const bytes = Buffer.from(JSON.stringify(payload))
  return { tenant, device: id, topic: createStatusTopic(id), payload: bytes, receivedAt: now, qos: 1 }
}

/** 0 is nothing. */
function toNumber(state: DeviceState): number {
  return DEVICE_STATES.indexOf(state) + 1
}

function toTime(ms: number): string {
  return new Date(ms).toISOString()
}
