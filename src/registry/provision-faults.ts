/** What one entry of the provisioning file says of another, and what no schema of a single entry can see. */
import { type Fault, showValue } from '../document.ts'
import type { Provision } from './provision.ts'
import { parseSecret } from './secret.ts'
import { toTenantDestination } from './tenant-destination.ts'

/** Which ids there are. */
interface Ids {
  has(id: string): boolean
}

export interface KnownIds {
  readonly file: string
  readonly profileIds: Ids
  readonly destinationIds: readonly string[]
  readonly entityTypes: Ids
}

export interface Statement {
  readonly isTrue: boolean
  readonly key: string
  readonly expectation: string
  readonly value: unknown
}

export function findProvisionFaults(provision: Provision, known: KnownIds): readonly Fault[] {
  const tenantIds = new Set(provision.tenants.map(({ id }) => id))
  const usernames = new Set(provision.credentials.map(({ tenant, username }) => `${tenant}/${username}`))
  return [
    ...provision.tenants.flatMap((tenant, at) => stateTenant(tenant, `tenants.${at}`, known)),
    ...provision.credentials.flatMap((credential, at) =>
      stateOwner(credential, `credentials.${at}`, tenantIds),
    ),
    ...provision.devices.flatMap((device, at) => [
      ...stateOwner(device, `devices.${at}`, tenantIds),
      stateProfile(device.profile, `devices.${at}.profile`, known),
      stateNoVersion(device, `devices.${at}.profileVersion`),
      stateLogin(device, `devices.${at}.id`, usernames),
    ]),
    ...stateApiKeys(provision),
    ...stateUnique(provision.tenants, 'tenants', 'id', ({ id }) => id),
    ...stateUnique(
      provision.credentials,
      'credentials',
      'username',
      ({ tenant, username }) => `${tenant}/${username}`,
    ),
    ...stateUnique(provision.devices, 'devices', 'id', ({ tenant, id }) => `${tenant}/${id}`),
  ]
    .filter(({ isTrue }) => !isTrue)
    .map(statement => toFault(statement, known.file))
}

export function toFault({ key, expectation, value }: Statement, file: string): Fault {
  return { file, key, problem: `${expectation}, got ${showValue(value)}` }
}

/** Keys begin with `key`. */
export function stateTenant(
  tenant: Provision['tenants'][number],
  key: string,
  known: Omit<KnownIds, 'file'>,
): readonly Statement[] {
  return [
    ...stateDestinations(tenant.destinations ?? [], `${key}.destinations`, known),
    ...tenant.groups.map(({ profile }, at) => stateProfile(profile, `${key}.groups.${at}.profile`, known)),
    ...tenant.routes.map(({ profile }, at) => stateProfile(profile, `${key}.routes.${at}.profile`, known)),
    ...stateUnique(tenant.groups, `${key}.groups`, 'apikey', ({ apikey }) => apikey),
  ]
}

/** Two lanes of one place would settle each other's messages. */
function stateDestinations(
  entries: NonNullable<Provision['tenants'][number]['destinations']>,
  key: string,
  { destinationIds, entityTypes }: Omit<KnownIds, 'file'>,
): readonly Statement[] {
  const destinations = entries.map(toTenantDestination)
  const getKey = (at: number) => (typeof entries[at] === 'string' ? `${key}.${at}` : `${key}.${at}.id`)
  return destinations.flatMap(({ id, types = [] }, at) => [
    {
      isTrue: destinationIds.includes(id),
      key: getKey(at),
      expectation: `expected one of the destinations ${destinationIds.join(', ')}`,
      value: id,
    },
    {
      isTrue: destinations.findIndex(other => other.id === id) === at,
      key: getKey(at),
      expectation: 'expected every destination once',
      value: id,
    },
    ...types.map((type, index) => ({
      isTrue: entityTypes.has(type),
      key: `${key}.${at}.types.${index}`,
      expectation: 'expected an entity type that a loaded profile makes',
      value: type,
    })),
  ])
}

export function stateProfile(
  profile: string | undefined,
  key: string,
  { profileIds }: Pick<KnownIds, 'profileIds'>,
): Statement {
  const isTrue = profile === undefined || profileIds.has(profile)
  return { isTrue, key, expectation: 'expected the id of a loaded profile', value: profile }
}

/** Files have one state of each profile. */
function stateNoVersion({ profileVersion }: Provision['devices'][number], key: string): Statement {
  const expectation = 'expected none: only profiles of the store have versions'
  return { isTrue: profileVersion === undefined, key, expectation, value: profileVersion }
}

/** A request for measures names no tenant: its API key does. */
function stateApiKeys({ tenants, devices }: Provision): readonly Statement[] {
  const owners = new Map<string, string>()
  const state = (apikey: string, tenant: string, key: string): Statement => {
    const owner = owners.get(apikey) ?? tenant
    owners.set(apikey, owner)
    const expectation = 'expected an API key that no other tenant has'
    return { isTrue: owner === tenant, key, expectation, value: `that of ${owner}` }
  }
  return [
    ...tenants.flatMap(({ id, groups }, at) =>
      groups.map(({ apikey }, place) => state(apikey, id, `tenants.${at}.groups.${place}.apikey`)),
    ),
    ...devices.flatMap(({ apikey, tenant }, at) =>
      apikey === undefined ? [] : [state(apikey, tenant, `devices.${at}.apikey`)],
    ),
  ]
}

/** A device that has a password logs in by its id: a credential of that name could be mistaken for it. */
function stateLogin(
  { tenant, id, password, passwordHash, psk }: Provision['devices'][number],
  key: string,
  usernames: ReadonlySet<string>,
): Statement {
  const hasLogin = [password, passwordHash, psk].some(one => one !== undefined)
  const isTrue = !hasLogin || !usernames.has(`${tenant}/${id}`)
  return { isTrue, key, expectation: 'expected an id that is no user name of a credential', value: id }
}

export function stateOwner(
  { tenant, passwordHash }: { readonly tenant: string; readonly passwordHash?: string | undefined },
  key: string,
  tenantIds: Ids,
): readonly Statement[] {
  return [
    {
      isTrue: tenantIds.has(tenant),
      key: `${key}.tenant`,
      expectation: 'expected the id of a tenant',
      value: tenant,
    },
    {
      isTrue: passwordHash === undefined || parseSecret(passwordHash) !== undefined,
      key: `${key}.passwordHash`,
      expectation: 'expected what `tromost secret` printed',
      // What is wrong with a hash can be seen without printing it.
      value: `${passwordHash?.length ?? 0} characters`,
    },
  ]
}

function stateUnique<T>(
  entries: readonly T[],
  list: string,
  field: string,
  getId: (entry: T) => string,
): readonly Statement[] {
  const seen = new Set<string>()
  return entries.map((entry, at) => {
    const id = getId(entry)
    const isTrue = !seen.has(id)
    seen.add(id)
    return { isTrue, key: `${list}.${at}.${field}`, expectation: 'expected one entry for each', value: id }
  })
}
