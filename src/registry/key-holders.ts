/** Whose API keys there are. No two tenants have one key: provisioning refuses that. */
import type { RegistryDevice, Tenant } from './registry-data.ts'

export interface KeyHolder {
  readonly tenant: string
  /** How many groups of the tenant have it. */
  groups: number
  readonly devices: Set<string>
}

export class KeyHolders {
  readonly #holders = new Map<string, KeyHolder>()

  get(apikey: string): KeyHolder | undefined {
    return this.#holders.get(apikey)
  }

  addTenant({ id, groups }: Tenant): void {
    for (const { apikey } of groups) this.#hold(apikey, id).groups += 1
  }

  removeTenant({ groups }: Tenant): void {
    for (const { apikey } of groups) {
      const holder = this.#holders.get(apikey)
      if (holder !== undefined) holder.groups -= 1
      this.#drop(apikey)
    }
  }

  addDevice({ tenant, id, apikey }: RegistryDevice): void {
    if (apikey !== undefined) this.#hold(apikey, tenant).devices.add(id)
  }

  removeDevice({ id, apikey }: RegistryDevice): void {
    if (apikey === undefined) return
    this.#holders.get(apikey)?.devices.delete(id)
    this.#drop(apikey)
  }

  #hold(apikey: string, tenant: string): KeyHolder {
    const known = this.#holders.get(apikey)
    if (known !== undefined) return known
    const holder = { tenant, groups: 0, devices: new Set<string>() }
    this.#holders.set(apikey, holder)
    return holder
  }

  #drop(apikey: string): void {
    const holder = this.#holders.get(apikey)
    if (holder?.groups === 0 && holder.devices.size === 0) this.#holders.delete(apikey)
  }
}
