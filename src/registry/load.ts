/** From the provisioning file to a registry and its credentials. What one entry says of another is checked here. */
import { resolveReferences } from '../config/load.ts'
import { type Checked, checkDocument, locateFaults, readDocument } from '../document.ts'
import { type Credential, Credentials } from './credentials.ts'
import { isForDevices, type Provision, type ProvisionedDevice, provisionSchema } from './provision.ts'
import { findProvisionFaults } from './provision-faults.ts'
import { Registry, type Tenant, toRegistryDevice } from './registry.ts'
import { parseSecret, type Secret, toKeyedSecret } from './secret.ts'
import { toTenantDestination } from './tenant-destination.ts'

export interface LoadOptions {
  readonly file: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly profileIds: ReadonlySet<string>
  readonly destinationIds: readonly string[]
  /** What the loaded profiles make. */
  readonly entityTypes: ReadonlySet<string>
  /** The key that keyed hashes in the file were made with. */
  readonly key: Buffer
}

export interface LoadedRegistry {
  readonly registry: Registry
  readonly credentials: Credentials
}

export function loadRegistry(options: LoadOptions): Checked<LoadedRegistry> {
  const { file, environment, key } = options
  const document = readDocument(file)
  if (document.faults !== undefined) return document
  const resolved = resolveReferences(document.value, environment, file)
  if (resolved.faults !== undefined) return { faults: locateFaults(resolved.faults, document.locate) }
  const checked = checkDocument(provisionSchema, resolved.value, file)
  const faults = checked.faults ?? findProvisionFaults(checked.value, options)
  if (checked.faults !== undefined || faults.length > 0)
    return { faults: locateFaults(faults, document.locate) }
  const provision = checked.value
  const tenants = provision.tenants.map(tenant => toTenant(tenant, options.destinationIds))
  const registry = new Registry({ tenants, devices: provision.devices.map(toRegistryDevice) })
  return { value: { registry, credentials: new Credentials(createCredentials(provision, key), key) } }
}

/** A tenant that names no destination uses the first one. */
function toTenant(tenant: Provision['tenants'][number], destinationIds: readonly string[]): Tenant {
  const destinations = tenant.destinations ?? destinationIds.slice(0, 1)
  return { ...tenant, destinations: destinations.map(toTenantDestination) }
}

function createCredentials({ credentials, devices }: Provision, key: Buffer): readonly Credential[] {
  const logins = credentials.filter(({ username }) => !isForDevices(username))
  const rules = new Map(
    credentials.filter(({ username }) => isForDevices(username)).map(rule => [rule.tenant, rule]),
  )
  return [
    ...logins.flatMap(({ tenant, username, publish, subscribe, ...login }) => {
      const fill = (filter: string) => fillFilter(filter, { device: '+', tenant })
      const secret = toSecret(login, key)
      if (secret === undefined) return []
      const rights = { publish: publish.map(fill), subscribe: subscribe.map(fill) }
      return [{ id: `${tenant}/${username}`, tenant, username, secret, ...rights }]
    }),
    ...devices.flatMap(device => toDeviceCredential(device, rules.get(device.tenant), key)),
  ]
}

function toDeviceCredential(
  device: ProvisionedDevice,
  rule: Provision['credentials'][number] | undefined,
  key: Buffer,
): readonly Credential[] {
  const { tenant, id } = device
  const secret = toSecret(device, key)
  if (secret === undefined) return []
  const fill = (filter: string) => fillFilter(filter, { device: id, tenant })
  return [
    {
      id: `${tenant}/${id}`,
      tenant,
      username: id,
      device: id,
      secret,
      publish: (rule?.publish ?? []).map(fill),
      subscribe: (rule?.subscribe ?? []).map(fill),
    },
  ]
}

function fillFilter(
  filter: string,
  { device, tenant }: { readonly device: string; readonly tenant: string },
): string {
  // By functions: in a plain replacement, a $ that an id may hold would have a meaning.
  return filter.replaceAll('{device}', () => device).replaceAll('{tenant}', () => tenant)
}

function toSecret(
  {
    password,
    passwordHash,
  }: { readonly password?: string | undefined; readonly passwordHash?: string | undefined },
  key: Buffer,
): Secret | undefined {
  if (password !== undefined) return toKeyedSecret(password, key)
  return passwordHash === undefined ? undefined : parseSecret(passwordHash)
}
