/** Who may speak for a device with nothing but an API key, as FIWARE's sensors do over HTTP. Deny by default. */
import type { Registry } from './registry.ts'

/**
 * The tenant of a device for which the key may speak: one that was provisioned with this key, or, with the key of a group, one
 * that is not provisioned.
 */
export function findTenantOfKey(registry: Registry, apikey: string, device: string): string | undefined {
  const holder = registry.findKeyHolder(apikey)
  if (holder === undefined) return undefined
  const isOfGroup = holder.groups > 0 && registry.getDevice(holder.tenant, device) === undefined
  return isOfGroup || holder.devices.has(device) ? holder.tenant : undefined
}
