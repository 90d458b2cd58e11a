/** How much of the journal each tenant takes, and how much it may: a bound of its own, and its part of the bound of all. */

export interface RoomOptions {
  /** Of all tenants together. */
  readonly maxBytes: number
  /** The bound of one tenant; that of all where there is none. */
  readonly getTenantMaxBytes?: ((tenant: string) => number | undefined) | undefined
  /** Those that have a part of their own. */
  readonly tenants: readonly string[]
}

/** What is in the journal and what may be, in bytes. */
export interface JournalUsage {
  readonly bytes: number
  readonly maxBytes: number
  readonly tenants: readonly { readonly tenant: string; readonly bytes: number; readonly maxBytes: number }[]
}

/** `own` is made by its own messages only, `all` by those of anyone. */
export type Lack = { readonly of: 'own' | 'all'; readonly bytes: number }

/**
 * This much of the room of all is kept in equal parts, one for each tenant, and the rest is for whoever needs it first: so however
 * much waits for one tenant, it never takes the last room of another.
 */
const KEPT_SHARE = 0.5

export class Room {
  readonly maxBytes: number
  readonly #options: RoomOptions
  readonly #used: Map<string, number>
  #kept: ReadonlyMap<string, number> = new Map()
  #total: number

  /** `used` are the bytes of each tenant that are in the journal already. */
  constructor(options: RoomOptions, used: ReadonlyMap<string, number>) {
    this.maxBytes = options.maxBytes
    this.#options = options
    this.#used = new Map(used)
    this.#total = [...used.values()].reduce((sum, bytes) => sum + bytes, 0)
    this.useTenants(options.tenants)
  }

  /** Those that have a part of their own from now on, by the bounds that they have now. */
  useTenants(tenants: readonly string[]): void {
    const part = (this.maxBytes * KEPT_SHARE) / Math.max(1, tenants.length)
    this.#kept = new Map(tenants.map(tenant => [tenant, Math.min(part, this.getMaxBytes(tenant))]))
  }

  /** Bytes of all tenants. */
  get bytes(): number {
    return this.#total
  }

  getBytes(tenant: string): number {
    return this.#used.get(tenant) ?? 0
  }

  getMaxBytes(tenant: string): number {
    return Math.min(this.maxBytes, this.#options.getTenantMaxBytes?.(tenant) ?? this.maxBytes)
  }

  getUsage(): JournalUsage {
    const known = [...new Set([...this.#kept.keys(), ...this.#used.keys()])]
    const tenants = known.map(tenant => ({
      tenant,
      bytes: this.getBytes(tenant),
      maxBytes: this.getMaxBytes(tenant),
    }))
    return { bytes: this.bytes, maxBytes: this.maxBytes, tenants }
  }

  /** Takes room, or, with less than 0, gives it back. */
  take(tenant: string, bytes: number): void {
    this.#used.set(tenant, this.getBytes(tenant) + bytes)
    this.#total += bytes
  }

  /** What has to be freed before so many bytes more of a tenant fit; nothing when they do. */
  getLack(tenant: string, bytes: number): Lack | undefined {
    const own = this.getBytes(tenant) + bytes
    const overOwn = own - this.getMaxBytes(tenant)
    if (overOwn > 0) return { of: 'own', bytes: overOwn }
    const overAll = this.#total + this.#getUnused(tenant, own) + bytes - this.maxBytes
    return overAll > 0 && own > (this.#kept.get(tenant) ?? 0) ? { of: 'all', bytes: overAll } : undefined
  }

  /** Tenants by what they hold, most first. */
  getLargest(): readonly string[] {
    return [...this.#used.keys()].sort((one, other) => this.getBytes(other) - this.getBytes(one))
  }

  /** What is kept for other tenants, and not used by them. */
  #getUnused(tenant: string, own: number): number {
    if (this.#total + own < this.maxBytes * (1 - KEPT_SHARE)) return 0
    let unused = 0
    for (const [other, kept] of this.#kept) {
      if (other !== tenant) unused += Math.max(0, kept - this.getBytes(other))
    }
    return unused
  }
}
