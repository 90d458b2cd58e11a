/** What is provisioned, indexed for the questions that ingest and draining ask. Read-only: a change makes a new one. */
import type { Device, Message } from '../reading.ts'
import { getQualifiedIds } from '../sparkplug-topic.ts'
import { isDeviceId } from './device-id.ts'
import type { ProvisionedDevice, ProvisionedTenant } from './provision.ts'
import type { TenantDestination } from './tenant-destination.ts'
import { TopicTable } from './topics.ts'

export interface Tenant extends Omit<ProvisionedTenant, 'destinations'> {
  readonly destinations: readonly TenantDestination[]
}

/** What a message on a topic is about. */
export interface Resolution {
  /** The id that the topic names; empty when it names none that the tenant may use. */
  readonly deviceId: string
  readonly device: Device | undefined
}

/** What crosses to the draining thread: plain data, without secrets. */
export interface RegistryData {
  readonly tenants: readonly Tenant[]
  readonly devices: readonly (Device & { readonly apikey?: string | undefined })[]
}

interface TenantIndex {
  readonly tenant: Tenant
  readonly topics: TopicTable
  readonly devices: ReadonlyMap<string, RegistryData['devices'][number]>
  readonly groups: ReadonlyMap<string, Tenant['groups'][number]>
}

export class Registry {
  readonly data: RegistryData
  readonly #tenants: ReadonlyMap<string, TenantIndex>

  constructor(data: RegistryData) {
    this.data = data
    const devices = indexDevices(data.devices)
    this.#tenants = new Map(
      data.tenants.map(tenant => [tenant.id, createIndex(tenant, devices.get(tenant.id) ?? new Map())]),
    )
  }

  get tenants(): readonly Tenant[] {
    return this.data.tenants
  }

  /** Every profile that a device, a group or a route names. */
  get profileIds(): readonly string[] {
    const { tenants, devices } = this.data
    const implied = tenants.flatMap(({ groups, routes }) => [...groups, ...routes])
    const ids = [...devices, ...implied].flatMap(({ profile }) => profile ?? [])
    return [...new Set(ids)]
  }

  getTenant(id: string): Tenant | undefined {
    return this.#tenants.get(id)?.tenant
  }

  getDevice(tenant: string, id: string): Device | undefined {
    return this.#tenants.get(tenant)?.devices.get(id)
  }

  /** Whose message it is: the device that it was taken in for, or the one that its topic implies. */
  findDevice({ tenant, device, topic }: Pick<Message, 'tenant' | 'device' | 'topic'>): Device | undefined {
    return this.getDevice(tenant, device) ?? this.resolve(tenant, topic).device
  }

  /** Which device of a tenant a topic is about. A device that is not provisioned may still be implied by its group or route. */
  resolve(tenantId: string, topic: string): Resolution {
    const index = this.#tenants.get(tenantId)
    const names = index?.topics.find(topic)
    if (index === undefined || names === undefined) return { deviceId: '', device: undefined }
    const device = findQualified(index.devices, topic) ?? index.devices.get(names.device)
    if (device !== undefined) {
      const isForeignKey =
        device.apikey !== undefined && names.apikey !== undefined && device.apikey !== names.apikey
      return isForeignKey ? { deviceId: '', device: undefined } : { deviceId: device.id, device }
    }
    const { device: id } = names
    const profile = names.profile ?? getGroupProfile(index, names.apikey)
    const isCreated = profile !== undefined && isDeviceId(id)
    return {
      deviceId: id,
      device: isCreated ? { id, tenant: tenantId, profile, attributes: {} } : undefined,
    }
  }
}

/** Edge nodes of Sparkplug B name their devices as they like: two of one name are told apart by ids that name the edge node too. */
function findQualified(
  devices: TenantIndex['devices'],
  topic: string,
): RegistryData['devices'][number] | undefined {
  for (const id of getQualifiedIds(topic)) {
    const device = devices.get(id)
    if (device !== undefined) return device
  }
  return undefined
}

/** The parts of a provisioned device that are not secret. */
export function toRegistryDevice(provisioned: ProvisionedDevice): RegistryData['devices'][number] {
  const { password: _password, passwordHash: _passwordHash, ...device } = provisioned
  return device
}

function indexDevices(devices: RegistryData['devices']): ReadonlyMap<string, TenantIndex['devices']> {
  const byTenant = new Map<string, Map<string, RegistryData['devices'][number]>>()
  for (const device of devices) {
    const ofTenant = byTenant.get(device.tenant)
    if (ofTenant === undefined) byTenant.set(device.tenant, new Map([[device.id, device]]))
    else ofTenant.set(device.id, device)
  }
  return byTenant
}

function createIndex(tenant: Tenant, devices: TenantIndex['devices']): TenantIndex {
  return {
    tenant,
    devices,
    topics: new TopicTable(tenant.routes),
    groups: new Map(tenant.groups.map(group => [group.apikey, group])),
  }
}

function getGroupProfile({ tenant, groups }: TenantIndex, apikey: string | undefined): string | undefined {
  const group = apikey === undefined ? undefined : groups.get(apikey)
  return (group?.unknownDevices ?? tenant.unknownDevices) === 'create' ? group?.profile : undefined
}
