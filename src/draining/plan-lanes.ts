/** Which lanes there are, and what each may keep in quarantine. */
import type { DestinationConfig, QuarantineConfig } from '../config/config.ts'
import type { Registry, Tenant } from '../registry/registry.ts'

/** From where to where. */
export interface LanePlan {
  readonly tenant: Tenant
  readonly destination: DestinationConfig
  /** The only entity types that the destination takes of the tenant; all where there are none. */
  readonly types: readonly string[] | undefined
}

export function planLanes(
  { tenants }: Registry,
  destinations: readonly DestinationConfig[],
): readonly LanePlan[] {
  return tenants.flatMap(tenant =>
    tenant.destinations.flatMap(({ id, types }) => {
      const destination = destinations.find(candidate => candidate.id === id)
      return destination === undefined ? [] : [{ tenant, destination, types }]
    }),
  )
}

/** An equal part of the bytes for each lane, so that whatever one of them refuses, the entries of the others stay. */
export function shareQuarantine(quarantine: QuarantineConfig, lanes: number): QuarantineConfig {
  return { ...quarantine, maxBytes: Math.floor(quarantine.maxBytes / Math.max(1, lanes)) }
}
