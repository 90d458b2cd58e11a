/** Who may speak for a device with nothing but an API key, as FIWARE's sensors do over HTTP. Deny by default. */
import type { Registry } from './registry.ts'

interface KeyHolder {
  readonly tenant: string
  isGroup: boolean
  readonly devices: Set<string>
}

export class ApiKeys {
  readonly #registry: Registry
  /** No two tenants have one key: provisioning refuses that. */
  readonly #holders = new Map<string, KeyHolder>()

  constructor(registry: Registry) {
    this.#registry = registry
    const { tenants, devices } = registry.data
    for (const { id, groups } of tenants) {
      for (const { apikey } of groups) this.#getHolder(apikey, id).isGroup = true
    }
    for (const { id, tenant, apikey } of devices) {
      if (apikey !== undefined) this.#getHolder(apikey, tenant).devices.add(id)
    }
  }

  /**
   * The tenant of a device for which the key may speak: one that was provisioned with this key, or, with the key of a group, one
   * that is not provisioned.
   */
  findTenant(apikey: string, device: string): string | undefined {
    const holder = this.#holders.get(apikey)
    if (holder === undefined) return undefined
    const isOfGroup = holder.isGroup && this.#registry.getDevice(holder.tenant, device) === undefined
    return isOfGroup || holder.devices.has(device) ? holder.tenant : undefined
  }

  #getHolder(apikey: string, tenant: string): KeyHolder {
    const known = this.#holders.get(apikey)
    if (known !== undefined) return known
    const holder = { tenant, isGroup: false, devices: new Set<string>() }
    this.#holders.set(apikey, holder)
    return holder
  }
}
