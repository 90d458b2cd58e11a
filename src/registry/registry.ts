/** What is provisioned, indexed for the questions that ingest and draining ask. Each thread has one; the same changes are applied to both. */
import type { Device, Message } from '../reading.ts'
import { getQualifiedIds } from '../sparkplug-topic.ts'
import { DEVICE_STATUS_PROFILE, isStatusTopic } from '../status-topic.ts'
import { isDeviceId } from './device-id.ts'
import { type KeyHolder, KeyHolders } from './key-holders.ts'
import type { ProvisionedDevice } from './provision.ts'
import type { RegistryChange, RegistryData, RegistryDevice, Tenant } from './registry-data.ts'
import { TopicTable } from './topics.ts'

export type { RegistryData, Tenant } from './registry-data.ts'

/** What a message on a topic is about. */
export interface Resolution {
  /** The id that the topic names; empty when it names none that the tenant may use. */
  readonly deviceId: string
  readonly device: Device | undefined
}

interface TenantIndex {
  readonly tenant: Tenant
  readonly topics: TopicTable
  readonly devices: Devices
  readonly groups: ReadonlyMap<string, Tenant['groups'][number]>
}

type Devices = Map<string, RegistryDevice>

export class Registry {
  readonly #tenants = new Map<string, TenantIndex>()
  /** Also of tenants that are still to come. */
  readonly #devices = new Map<string, Devices>()
  readonly #keys = new KeyHolders()
  #list: readonly Tenant[] | undefined
  #revision = 0

  constructor({ tenants, devices }: RegistryData) {
    for (const tenant of tenants) this.#setTenant(tenant)
    for (const device of devices) this.#setDevice(device)
  }

  /** Rises with each change: what was found out before may be otherwise now. */
  get revision(): number {
    return this.#revision
  }

  /** As it stands, for a registry of the same. */
  get data(): RegistryData {
    return { tenants: this.tenants, devices: [...this.#devices.values()].flatMap(of => [...of.values()]) }
  }

  get tenants(): readonly Tenant[] {
    this.#list ??= [...this.#tenants.values()].map(({ tenant }) => tenant)
    return this.#list
  }

  /** Every profile that a device, a group or a route names. */
  get profileIds(): readonly string[] {
    const ids = new Set<string>()
    for (const { groups, routes } of this.tenants)
      for (const { profile } of [...groups, ...routes]) if (profile !== undefined) ids.add(profile)
    for (const devices of this.#devices.values()) for (const { profile } of devices.values()) ids.add(profile)
    return [...ids]
  }

  /** All of them at once: nothing is looked up between two of them. */
  apply(changes: readonly RegistryChange[]): void {
    // A key that goes from one to another is given up before it is taken.
    for (const change of changes) this.#giveUpKeys(change)
    for (const change of changes) {
      if (change.kind === 'tenant') {
        if (change.value === undefined) this.#tenants.delete(change.id)
        else this.#setTenant(change.value)
      } else if (change.kind === 'device') {
        if (change.value === undefined) this.#devices.get(change.tenant)?.delete(change.id)
        else this.#setDevice(change.value)
      }
    }
    this.#list = undefined
    this.#revision += 1
  }

  /** Of one tenant, or of all of them. */
  *listDevices(tenant?: string): Iterable<Device> {
    if (tenant !== undefined) yield* this.#devices.get(tenant)?.values() ?? []
    else for (const devices of this.#devices.values()) yield* devices.values()
  }

  getTenant(id: string): Tenant | undefined {
    return this.#tenants.get(id)?.tenant
  }

  getDevice(tenant: string, id: string): Device | undefined {
    return this.#tenants.get(tenant)?.devices.get(id)
  }

  findKeyHolder(apikey: string): Readonly<KeyHolder> | undefined {
    return this.#keys.get(apikey)
  }

  /**
   * Whose message it is: the device that it was taken in for, or the one that its topic implies. What the agent says of a device
   * itself has a profile of its own, whether the device is still there or not.
   */
  findDevice({ tenant, device, topic }: Pick<Message, 'tenant' | 'device' | 'topic'>): Device | undefined {
    const known = this.getDevice(tenant, device)
    if (isStatusTopic(topic))
      return {
        ...{ id: device, tenant, attributes: {}, ...known },
        profile: DEVICE_STATUS_PROFILE,
        profileVersion: undefined,
      }
    return known ?? this.resolve(tenant, topic).device
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

  #setTenant(tenant: Tenant): void {
    this.#tenants.set(tenant.id, createIndex(tenant, this.#getDevices(tenant.id)))
    this.#keys.addTenant(tenant)
  }

  #setDevice(device: RegistryDevice): void {
    this.#getDevices(device.tenant).set(device.id, device)
    this.#keys.addDevice(device)
  }

  #getDevices(tenant: string): Devices {
    const known = this.#devices.get(tenant)
    if (known !== undefined) return known
    const devices: Devices = new Map()
    this.#devices.set(tenant, devices)
    return devices
  }

  #giveUpKeys(change: RegistryChange): void {
    if (change.kind === 'tenant') {
      const before = this.getTenant(change.id)
      if (before !== undefined) this.#keys.removeTenant(before)
    } else if (change.kind === 'device') {
      const before = this.#devices.get(change.tenant)?.get(change.id)
      if (before !== undefined) this.#keys.removeDevice(before)
    }
  }
}

/** Edge nodes of Sparkplug B name their devices as they like: two of one name are told apart by ids that name the edge node too. */
function findQualified(devices: Devices, topic: string): RegistryDevice | undefined {
  for (const id of getQualifiedIds(topic)) {
    const device = devices.get(id)
    if (device !== undefined) return device
  }
  return undefined
}

/** The parts of a provisioned device that are not secret. */
export function toRegistryDevice(provisioned: ProvisionedDevice): RegistryDevice {
  const { password: _password, passwordHash: _passwordHash, psk: _psk, ...device } = provisioned
  return device
}

function createIndex(tenant: Tenant, devices: Devices): TenantIndex {
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
