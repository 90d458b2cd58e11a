/**
 * Devices that nobody knows: what they sent is held in the quarantine. They are listed with what they look like and with the profiles
 * that understand them, and become devices, or are rejected.
 */

import type { AuditEvent } from '../audit/audit-record.ts'
import type { DeviceStore } from '../bulk/import-devices.ts'
import type { Change } from '../journal/engine.ts'
import type { Actor, Provisioned, Refusal } from '../provisioning/provisioning.ts'
import { Deliveries, type DeliveriesOptions, type Delivery, NOTHING_DELIVERED } from './deliveries.ts'
import { findHeldDevices, type HeldDevices } from './held-devices.ts'
import { type IgnoredDevice, IgnoredDevices } from './ignored-devices.ts'
import { type UnknownDevice, UnknownDevices, type UnknownDevicesOptions } from './unknown-devices.ts'

export interface UnknownPage {
  readonly devices: readonly UnknownDevice[]
  /** Of the last device of the page, where there are more. */
  readonly next?: PageEnd
  /** Of all pages. */
  readonly total: number
  /** Messages on topics that name no device: they need a route. */
  readonly unnamed: { readonly messages: number; readonly topics: readonly string[] }
  /** Messages of devices beyond those that can be listed. */
  readonly moreMessages: number
}

export interface PageEnd {
  readonly lastSeen: number
  readonly id: string
}

export interface OnboardingOptions extends DeliveriesOptions, UnknownDevicesOptions {
  readonly store: DeviceStore
  readonly discard: (order: Parameters<DeliveriesOptions['replay']>[0]) => Promise<number>
  /** Writes with what the audit log is to say of it. */
  readonly commit: (event: AuditEvent, changes: readonly Change[]) => Promise<void>
}

export interface AcceptOrder {
  readonly tenant: string
  readonly device: string
  /** As the provisioning file would have it; may be absent for one that is provisioned by now. */
  readonly value: unknown
  readonly actor: Actor
  readonly dryRun: boolean
}

export interface RejectOrder {
  readonly ignore: boolean
  readonly actor: Actor
  readonly dryRun?: boolean
}

export type AcceptAnswer =
  | { readonly refusals: readonly Refusal[] }
  | {
      readonly refusals?: undefined
      readonly device: Provisioned | undefined
      readonly delivery: Delivery
    }

/** What somebody who pages through meets again within this time is what was found before. */
const FOUND_MS = 2_000

export class Onboarding {
  readonly #options: OnboardingOptions
  readonly #ignored: IgnoredDevices
  readonly #deliveries: Deliveries
  readonly #views: UnknownDevices
  readonly #found = new Map<string, { readonly at: number; readonly held: Promise<HeldDevices> }>()

  static async open(options: OnboardingOptions): Promise<Onboarding> {
    return new Onboarding(options, await IgnoredDevices.open(options.engine))
  }

  private constructor(options: OnboardingOptions, ignored: IgnoredDevices) {
    this.#options = options
    this.#ignored = ignored
    this.#deliveries = new Deliveries(options)
    this.#views = new UnknownDevices(options)
  }

  /** Whoever spoke last comes first. */
  async list(
    tenant: string,
    { after, limit }: { readonly after?: PageEnd | undefined; readonly limit: number },
  ): Promise<UnknownPage> {
    const { devices: held, moreMessages } = await this.#find(tenant)
    const unnamed = held.get('')
    const all = [...held.values()]
      .filter(({ id }) => id !== '' && !this.#ignored.has(tenant, id))
      .sort(compare)
    const behind = after === undefined ? all : all.filter(device => compare(after, device) < 0)
    const page = behind.slice(0, limit)
    const last = behind.length > page.length ? page.at(-1) : undefined
    const devices: UnknownDevice[] = []
    for (const device of page) devices.push(await this.#views.describe(tenant, device))
    return {
      devices,
      ...(last !== undefined && { next: { lastSeen: last.lastSeen, id: last.id } }),
      total: all.length,
      unnamed: { messages: unnamed?.messages ?? 0, topics: unnamed?.topics ?? [] },
      moreMessages,
    }
  }

  listIgnored(tenant: string): readonly IgnoredDevice[] {
    return this.#ignored.list(tenant)
  }

  /** Makes it a device, and sends what was held of it. */
  async accept({ tenant, device: id, value, actor, dryRun }: AcceptOrder): Promise<AcceptAnswer> {
    const { store } = this.#options
    const place = { kind: 'device', tenant, id } as const
    const existing = store.get(place)
    if (existing !== undefined && value === undefined)
      return { device: existing, delivery: dryRun ? NOTHING_DELIVERED : await this.deliver(tenant, [id]) }
    const answer = await store.change([{ ...place, value: value ?? {}, ifRevision: 0 }], { actor, dryRun })
    if (answer.refusals !== undefined) return { refusals: answer.refusals }
    const device = answer.changes[0]?.after
    if (dryRun) return { device, delivery: NOTHING_DELIVERED }
    await this.heed(tenant, id, actor)
    return { device, delivery: await this.deliver(tenant, [id]) }
  }

  /** Sends what is held of devices that are provisioned. */
  async deliver(tenant: string, ids: readonly string[]): Promise<Delivery> {
    this.#found.delete(tenant)
    return this.#deliveries.start(tenant, ids)
  }

  /** Throws away what is held of it, and with `ignore` what it will send. Gives how many messages that was, or nothing where no more can be ignored. */
  async reject(
    tenant: string,
    id: string,
    { ignore, actor, dryRun = false }: RejectOrder,
  ): Promise<number | undefined> {
    const isNew = ignore && !this.#ignored.has(tenant, id)
    if (isNew && this.#ignored.isFull(tenant)) return undefined
    if (!dryRun) {
      const device = { id, since: Date.now(), by: actor.name, messages: 0 }
      const added = isNew ? this.#ignored.add(tenant, device) : undefined
      const event: AuditEvent = { actor, action: 'reject', place: toPlace(tenant, id), after: { ignore } }
      await this.#options.commit(event, added === undefined ? [] : [added.change])
      added?.apply()
    }
    return this.#discard(tenant, id, dryRun)
  }

  /** Messages of the device are held again from now on. Says whether they were ignored. */
  async heed(tenant: string, id: string, actor: Actor): Promise<boolean> {
    if (!this.#ignored.has(tenant, id)) return false
    const { change, apply } = this.#ignored.remove(tenant, id)
    await this.#options.commit({ actor, action: 'heed', place: toPlace(tenant, id) }, [change])
    apply()
    return true
  }

  /** Throws away what ignored devices have sent since the last time. */
  async discardIgnored(): Promise<void> {
    for (const tenant of this.#ignored.tenants) {
      const { devices } = await this.#find(tenant)
      for (const { id } of this.#ignored.list(tenant)) {
        const isKnown = this.#options.store.get({ kind: 'device', tenant, id }) !== undefined
        if (isKnown || !devices.has(id)) continue
        await this.#ignored.count(tenant, id, await this.#discard(tenant, id, false))
      }
    }
  }

  async close(): Promise<void> {
    await this.#deliveries.close()
    await this.#views.close()
  }

  async #discard(tenant: string, device: string, dryRun: boolean): Promise<number> {
    const { findLanes, discard } = this.#options
    this.#found.delete(tenant)
    let messages = 0
    for (const { destination } of await findLanes(tenant)) {
      const filter = { reason: 'DEVICE_UNKNOWN', device }
      messages = Math.max(messages, await discard({ tenant, destination, filter, dryRun }))
    }
    this.#found.delete(tenant)
    return messages
  }

  #find(tenant: string): Promise<HeldDevices> {
    const found = this.#found.get(tenant)
    if (found !== undefined && Date.now() - found.at < FOUND_MS) return found.held
    const { engine, findLanes } = this.#options
    const held = findLanes(tenant).then(lanes => findHeldDevices(engine, lanes))
    this.#found.set(tenant, { at: Date.now(), held })
    held.catch(() => this.#found.delete(tenant))
    return held
  }
}

function toPlace(tenant: string, id: string) {
  return { kind: 'unknown device', tenant, id }
}

function compare(one: PageEnd, other: PageEnd): number {
  return other.lastSeen - one.lastSeen || (one.id < other.id ? -1 : one.id > other.id ? 1 : 0)
}
