/** Devices that nobody wants: what they send is discarded, and they are not listed. */
import type { Change, Engine } from '../journal/engine.ts'

export interface IgnoredDevice {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly since: number
  /** Who rejected it. */
  readonly by: string
  /** How many of its messages were discarded since. */
  readonly messages: number
}

/** Somebody who makes up ids all day must not fill the memory. */
const IGNORED_MAX = 10_000
const PART = 500

export class IgnoredDevices {
  readonly #engine: Engine
  readonly #byTenant = new Map<string, Map<string, IgnoredDevice>>()

  static async open(engine: Engine): Promise<IgnoredDevices> {
    const ignored = new IgnoredDevices(engine)
    await ignored.#load()
    return ignored
  }

  private constructor(engine: Engine) {
    this.#engine = engine
  }

  get tenants(): readonly string[] {
    return [...this.#byTenant].filter(([, devices]) => devices.size > 0).map(([tenant]) => tenant)
  }

  has(tenant: string, id: string): boolean {
    return this.#byTenant.get(tenant)?.has(id) ?? false
  }

  /** By id. */
  list(tenant: string): readonly IgnoredDevice[] {
    const devices = [...(this.#byTenant.get(tenant)?.values() ?? [])]
    return devices.sort((one, other) => (one.id < other.id ? -1 : 1))
  }

  isFull(tenant: string): boolean {
    return (this.#byTenant.get(tenant)?.size ?? 0) >= IGNORED_MAX
  }

  /** The write that makes it so; `apply` is called once it is on disk. */
  add(tenant: string, device: IgnoredDevice): { readonly change: Change; readonly apply: () => void } {
    const value = Buffer.from(JSON.stringify(device))
    return {
      change: { table: 'ignored', key: [tenant, device.id], value },
      apply: () => this.#put(tenant, device),
    }
  }

  remove(tenant: string, id: string): { readonly change: Change; readonly apply: () => void } {
    return {
      change: { table: 'ignored', key: [tenant, id] },
      apply: () => void this.#byTenant.get(tenant)?.delete(id),
    }
  }

  async count(tenant: string, id: string, messages: number): Promise<void> {
    const known = this.#byTenant.get(tenant)?.get(id)
    if (known === undefined) return
    const { change, apply } = this.add(tenant, { ...known, messages: known.messages + messages })
    await this.#engine.commit([change])
    apply()
  }

  #put(tenant: string, device: IgnoredDevice): void {
    const devices = this.#byTenant.get(tenant) ?? new Map<string, IgnoredDevice>()
    this.#byTenant.set(tenant, devices.set(device.id, device))
  }

  async #load(): Promise<void> {
    let from: readonly (string | number)[] = []
    for (let more = true; more; ) {
      const entries = await this.#engine.range('ignored', { within: [], from, limit: PART + 1 })
      for (const { key, value } of entries.slice(0, PART))
        this.#put(String(key[0]), JSON.parse(value.toString()) as IgnoredDevice)
      from = entries[PART]?.key ?? from
      more = entries.length > PART
    }
  }
}
