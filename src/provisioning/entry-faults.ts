/** What changed entries say of others, and others of them. Whatever the number of devices, only what a change touches is looked at. */
import type { DestinationConfig } from '../config/destination.ts'
import type { Fault } from '../document.ts'
import type { CertificateName } from '../registry/credentials.ts'
import type { ProvisionedCredential, ProvisionedDevice, ProvisionedTenant } from '../registry/provision.ts'
import { type Statement, stateOwner, stateTenant, toFault } from '../registry/provision-faults.ts'
import { toTenantDestination } from '../registry/tenant-destination.ts'
import { type ClaimSurroundings, stateDeviceEntities, stateEntities } from './entity-statements.ts'
import { type Entry, type EntryChange, showPlace, toPlace } from './entry.ts'
import type { Entries, EntryDraft } from './entry-table.ts'
import { findProfileUses, listProfileIds, stateDeviceProfile } from './profile-statements.ts'
import { KINDS, type Kind, type Place, type Refusal } from './provisioning.ts'

/** What entries may name beside each other. */
export interface Surroundings extends ClaimSurroundings {
  readonly profileIds: { has(id: string): boolean }
  /** What the profiles make. */
  readonly entityTypes: { has(type: string): boolean }
  /** The tenant whose devices have this API key. */
  readonly findKeyOwner: (apikey: string) => string | undefined
  /** Whether messages of a foreign broker are fetched for a tenant. */
  readonly isBridged: (tenant: string) => boolean
  /** Rises when profiles are others than before. */
  readonly profilesRevision: number
  /** Whose certificate has this name. */
  readonly findCertificateOwner: (name: CertificateName) => Place | undefined
  /** Why the agent would not connect to an address. */
  readonly findAddressFault: (address: string) => string | undefined
}

const OWNED: readonly Kind[] = ['device', 'credential', 'profile']

export function findRefusals(draft: EntryDraft, surroundings: Surroundings): readonly Refusal[] {
  const { changes } = draft
  const names = new ClaimedNames(surroundings)
  for (const { before } of changes) names.release(before)
  return changes.flatMap(({ before, after }) => {
    if (after === undefined) return before === undefined ? [] : findUses(before, draft)
    const invalid = findInvalid(after, draft, surroundings, names, stateAddresses(after, surroundings))
    if (invalid.length > 0 || !isToldFromNowOn({ before, after })) return invalid
    return toRefusals(after, stateDeviceEntities(after, draft, surroundings))
  })
}

/** What is wrong with entries that are all there is. */
export function findRefusalsOfAll(entries: Entries, surroundings: Surroundings): readonly Refusal[] {
  const names = new ClaimedNames(surroundings)
  const refusals: Refusal[] = []
  for (const kind of KINDS)
    for (const entry of entries.list(kind)) refusals.push(...findInvalid(entry, entries, surroundings, names))
  return refusals
}

function findInvalid(
  entry: Entry,
  entries: Entries,
  surroundings: Surroundings,
  names: ClaimedNames,
  more: readonly Statement[] = [],
): readonly Refusal[] {
  return toRefusals(entry, [...state(entry, entries, surroundings), ...names.claim(entry), ...more])
}

function isToldFromNowOn({ before, after }: EntryChange): boolean {
  const isTold = (entry: Entry | undefined) =>
    entry?.kind === 'tenant' && (entry.parsed as ProvisionedTenant).deviceStatus === true
  return isTold(after) && !isTold(before)
}

function toRefusals(entry: Entry, statements: readonly Statement[]): readonly Refusal[] {
  const untrue = statements.filter(({ isTrue }) => !isTrue)
  if (untrue.length === 0) return []
  const file = showPlace(entry)
  const faults = untrue.map(statement => toFault(trim(statement), file))
  return [{ code: 'INVALID', place: toPlace(entry), faults }]
}

/** Keys of a single entry have nothing before them. */
function trim(statement: Statement): Statement {
  return { ...statement, key: statement.key.replace(/^\./, '') }
}

function state(entry: Entry, draft: Entries, surroundings: Surroundings): readonly Statement[] {
  const tenantIds = { has: (id: string) => draft.get({ kind: 'tenant', id }) !== undefined }
  if (entry.kind === 'tenant') {
    const destinationIds = [...draft.list('destination')].map(({ id }) => id)
    const profileIds = listProfileIds(draft, entry.id, surroundings)
    return stateTenant(entry.parsed as ProvisionedTenant, '', {
      ...{ ...surroundings, profileIds, destinationIds },
    })
  }
  if (entry.kind === 'device') return stateDevice(entry, draft, tenantIds, surroundings)
  if (entry.kind === 'profile' && entry.tenant !== undefined)
    return stateOwner({ tenant: entry.tenant }, '', tenantIds)
  if (entry.kind === 'credential') {
    const credential = entry.parsed as ProvisionedCredential
    const device = draft.get({ ...entry, kind: 'device' })
    return [
      ...stateOwner(credential, '', tenantIds),
      stateName(device?.login === undefined && device?.psk === undefined, 'username', entry.id),
    ]
  }
  return []
}

function stateDevice(
  entry: Entry,
  draft: Entries,
  tenantIds: { has(id: string): boolean },
  surroundings: Surroundings,
): readonly Statement[] {
  const device = entry.parsed as ProvisionedDevice
  const isMute = entry.login === undefined && entry.psk === undefined
  const isFree = isMute || draft.get({ ...entry, kind: 'credential' }) === undefined
  return [
    ...stateOwner(device, '', tenantIds),
    ...stateDeviceProfile(device, draft, surroundings),
    stateName(isFree, 'id', entry.id),
    ...stateEntities(entry, draft, surroundings),
  ]
}

/** A device that has a password logs in by its id: a credential of that name could be mistaken for it. */
function stateName(isTrue: boolean, key: string, value: string): Statement {
  return {
    isTrue,
    key,
    expectation: 'expected a name that only one of a device with a password and a credential has',
    value,
  }
}

/** Of what is provisioned over the API: files are the operator's. What is stored already is asked when it is connected to. */
function stateAddresses(
  { kind, source, parsed }: Entry,
  { findAddressFault }: Surroundings,
): readonly Statement[] {
  if (kind !== 'destination' || source !== 'api') return []
  const { url, auth } = parsed as DestinationConfig
  const addresses = { url, 'auth.tokenUrl': auth.kind === 'oauth2' ? auth.tokenUrl : undefined }
  return Object.entries(addresses).flatMap(([key, value]) => {
    const fault = value === undefined ? undefined : findAddressFault(value)
    const expectation = `expected an address that egress of the configuration leaves open, and not ${fault}`
    return [{ isTrue: fault === undefined, key, expectation, value }]
  })
}

/** Names that must be one tenant's or one entry's in the whole agent. */
class ClaimedNames {
  readonly #surroundings: Surroundings
  readonly #keys = new Map<string, string>()
  readonly #certificates = new Map<string, string>()
  readonly #released = new Set<string>()

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
  }

  /** What stood here before may be taken by another entry of the same change. */
  release(before: Entry | undefined): void {
    if (before === undefined) return
    for (const { kind, name } of getCertificateNames(before)) this.#released.add(`${kind} ${name}`)
  }

  claim(entry: Entry): readonly Statement[] {
    return [
      ...getApiKeys(entry).map(({ key, apikey, tenant }) => this.#claimKey(apikey, tenant, key)),
      ...getCertificateNames(entry).map(name => this.#claimCertificate(name, entry)),
    ]
  }

  #claimKey(apikey: string, tenant: string, key: string): Statement {
    const owner = this.#keys.get(apikey) ?? this.#surroundings.findKeyOwner(apikey) ?? tenant
    this.#keys.set(apikey, owner)
    const expectation = 'expected an API key that no other tenant has'
    // Whose it is, is nobody's business but theirs.
    return { isTrue: owner === tenant, key, expectation, value: 'that of another tenant' }
  }

  #claimCertificate(claimed: CertificateName, entry: Entry): Statement {
    const { kind, name } = claimed
    const key = `${kind} ${name}`
    const own = showPlace(entry)
    const known = this.#released.has(key) ? undefined : this.#surroundings.findCertificateOwner(claimed)
    const owner = this.#certificates.get(key) ?? (known && showPlace(known)) ?? own
    this.#certificates.set(key, owner)
    const expectation = 'expected a name that no other certificate of the agent has'
    return { isTrue: owner === own, key: `certificate.${kind}`, expectation, value: name }
  }
}

function getApiKeys({ kind, id, parsed }: Entry) {
  if (kind === 'tenant') {
    const { groups } = parsed as ProvisionedTenant
    return groups.map(({ apikey }, at) => ({ key: `groups.${at}.apikey`, apikey, tenant: id }))
  }
  if (kind !== 'device') return []
  const { apikey, tenant } = parsed as ProvisionedDevice
  return apikey === undefined ? [] : [{ key: 'apikey', apikey, tenant }]
}

function getCertificateNames({ kind, parsed }: Entry): readonly CertificateName[] {
  if (kind !== 'device' && kind !== 'credential') return []
  const { certificate } = parsed as ProvisionedDevice | ProvisionedCredential
  return (['cn', 'san'] as const).flatMap(of => {
    const name = certificate?.[of]
    return name === undefined ? [] : [{ kind: of, name }]
  })
}

/** Whatever still names what is to go. */
function findUses(before: NonNullable<EntryChange['before']>, draft: EntryDraft): readonly Refusal[] {
  const { kind, id } = before
  const problems =
    kind === 'tenant'
      ? findOwned(id, draft)
      : kind === 'destination'
        ? findTenantsOf(id, draft)
        : kind === 'profile'
          ? findProfileUses(before, draft)
          : []
  if (problems.length === 0) return []
  const file = showPlace(before)
  const faults: readonly Fault[] = problems.map(problem => ({ file, key: '', problem }))
  return [{ code: 'IN_USE', place: before, faults }]
}

function findOwned(tenant: string, draft: EntryDraft): readonly string[] {
  return OWNED.map(kind => ({ kind, count: draft.count(kind, tenant) }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => `expected no ${kind} of it any more, got ${count}`)
}

function findTenantsOf(destination: string, draft: EntryDraft): readonly string[] {
  const tenants = [...draft.list('tenant')].filter(({ parsed }) =>
    (parsed as ProvisionedTenant).destinations?.some(entry => toTenantDestination(entry).id === destination),
  )
  if (tenants.length === 0) return []
  return [`expected no tenant that names it, got ${tenants.map(({ id }) => id).join(', ')}`]
}
