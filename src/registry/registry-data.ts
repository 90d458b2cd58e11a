/** What a registry is made of and how it changes, as plain data, which can cross to the draining thread. */
import type { DestinationConfig } from '../config/destination.ts'
import type { Device } from '../reading.ts'
import type { ProvisionedTenant } from './provision.ts'
import type { TenantDestination } from './tenant-destination.ts'

export interface Tenant extends Omit<ProvisionedTenant, 'destinations'> {
  readonly destinations: readonly TenantDestination[]
}

/** A device as the flow needs it: without secrets. */
export type RegistryDevice = Device & {
  readonly apikey?: string | undefined
  readonly certificate?: { readonly cn?: string | undefined; readonly san?: string | undefined } | undefined
}

/** What crosses to the draining thread: plain data, without secrets. */
export interface RegistryData {
  readonly tenants: readonly Tenant[]
  readonly devices: readonly RegistryDevice[]
}

/** Without a value it is gone. */
export type RegistryChange =
  | { readonly kind: 'tenant'; readonly id: string; readonly value?: Tenant | undefined }
  | {
      readonly kind: 'device'
      readonly tenant: string
      readonly id: string
      readonly value?: RegistryDevice | undefined
    }
  | { readonly kind: 'destination'; readonly id: string; readonly value?: DestinationConfig | undefined }

/** The destinations after some changes, in their order. */
export function changeDestinations(
  destinations: readonly DestinationConfig[],
  changes: readonly RegistryChange[],
): readonly DestinationConfig[] {
  const byId = new Map(destinations.map(destination => [destination.id, destination]))
  for (const change of changes) {
    if (change.kind !== 'destination') continue
    if (change.value === undefined) byId.delete(change.id)
    else byId.set(change.id, change.value)
  }
  return [...byId.values()]
}
