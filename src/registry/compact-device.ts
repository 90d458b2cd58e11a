/** Devices as small as they can be kept: what was parsed or copied has its strings once for each of them, and room to spare. */
import type { RegistryData, RegistryDevice } from './registry-data.ts'

/** With one string for each tenant and profile, and of one shape. `shared` is what all of them share. */
export function toCompactDevice(device: RegistryDevice, shared: Map<string, string>): RegistryDevice {
  const { id, name, placement, profileVersion, apikey, certificate } = device
  // As two plain numbers: what was copied from another thread holds each of them as an object.
  const location: RegistryDevice['location'] = device.location && [device.location[0], device.location[1]]
  const [tenant, profile] = [share(device.tenant, shared), share(device.profile, shared)]
  const attributes = isEmpty(device.attributes) ? NO_ATTRIBUTES : device.attributes
  const isPlain = [placement, profileVersion, apikey, certificate].every(one => one === undefined)
  // What most have is written out: what a literal names takes half of what is added to it.
  if (isPlain && name !== undefined && location !== undefined)
    return { id, tenant, profile, name, location, attributes }
  if (isPlain && name === undefined && location === undefined) return { id, tenant, profile, attributes }
  return { ...device, tenant, profile, attributes }
}

export function toCompactData({ tenants, devices }: RegistryData): RegistryData {
  const shared = new Map<string, string>()
  return { tenants, devices: devices.map(device => toCompactDevice(device, shared)) }
}

export function share(text: string, shared: Map<string, string>): string {
  const known = shared.get(text)
  if (known !== undefined) return known
  shared.set(text, text)
  return text
}

const NO_ATTRIBUTES = Object.freeze({})

function isEmpty(attributes: object): boolean {
  for (const _key in attributes) return false
  return true
}
