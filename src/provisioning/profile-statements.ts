/** What devices and tenants say of profiles, those of files and those of the store, and what of them is in the way of one that is to go. */
import type { ProfileHead } from '../profile-versions/profile-head.ts'
import type { ProvisionedDevice, ProvisionedTenant } from '../registry/provision.ts'
import { type KnownIds, type Statement, stateProfile } from '../registry/provision-faults.ts'
import type { Entry } from './entry.ts'
import type { Entries } from './entry-table.ts'

type Known = Pick<KnownIds, 'profileIds'>

/** What a tenant may name: the profiles of files, and of the store those that have an active version. */
export function listProfileIds(entries: Entries, tenant: string, { profileIds }: Known): Known['profileIds'] {
  return {
    has: id => profileIds.has(id) || findHead(entries, tenant, id)?.active !== undefined,
  }
}

export function stateDeviceProfile(
  { tenant, profile, profileVersion }: ProvisionedDevice,
  entries: Entries,
  known: Known,
): readonly Statement[] {
  if (profileVersion === undefined)
    return [stateProfile(profile, 'profile', { profileIds: listProfileIds(entries, tenant, known) })]
  const latest = findHead(entries, tenant, profile)?.latest ?? 0
  const expectation =
    latest === 0
      ? `expected none: ${profile} is no profile of the store`
      : `expected a version of ${profile} from 1 to ${latest}`
  return [{ isTrue: profileVersion <= latest, key: 'profileVersion', expectation, value: profileVersion }]
}

/** In words, for people; nothing where nothing has it. */
export function findProfileUses({ tenant, id }: Entry, entries: Entries): readonly string[] {
  let devices = 0
  for (const { parsed } of entries.list('device', tenant))
    if ((parsed as ProvisionedDevice).profile === id) devices += 1
  const tenants = [...entries.list('tenant')].filter(
    one => (tenant ?? one.id) === one.id && names(one.parsed as ProvisionedTenant, id),
  )
  return [
    ...(devices === 0 ? [] : [`expected no device that has it any more, got ${devices}`]),
    ...tenants.map(one => `expected no group and no route that names it, got some of tenant ${one.id}`),
  ]
}

function names({ groups, routes }: ProvisionedTenant, id: string): boolean {
  return [...groups, ...routes].some(({ profile }) => profile === id)
}

function findHead(entries: Entries, tenant: string, id: string): ProfileHead | undefined {
  const entry = entries.get({ kind: 'profile', tenant, id }) ?? entries.get({ kind: 'profile', id })
  return entry?.parsed as ProfileHead | undefined
}
