/** That no two devices write into one entity, unless their profiles mean them to: told of a device, and of a tenant whose devices get a `Device` each. */
import { type EntityClaim, isClaimClash } from '../profiles/entity-claims.ts'
import type { ProvisionedDevice, ProvisionedTenant } from '../registry/provision.ts'
import type { Statement } from '../registry/provision-faults.ts'
import type { Entry } from './entry.ts'
import type { Entries } from './entry-table.ts'

export interface ClaimSurroundings {
  /** What a device writes into; of a tenant that wants to know how its devices are, with their `Device`. */
  readonly listClaims: (device: ProvisionedDevice, isStatusTold: boolean) => readonly EntityClaim[]
  /** Those of them whose ids are made of more, or of other things, than type and device. */
  readonly listUnusualClaims: (device: ProvisionedDevice) => readonly EntityClaim[]
}

interface Clash {
  readonly device: Entry
  readonly claim: EntityClaim
  readonly other: Entry
  readonly otherClaim: EntityClaim
}

/** Of a tenant: more of the same kind say nothing new. */
const CLASHES_TOLD = 5

export function stateEntities(
  device: Entry,
  entries: Entries,
  surroundings: ClaimSurroundings,
): readonly Statement[] {
  return findClashes(device, entries, surroundings).map(clash => ({
    isTrue: false,
    key: 'id',
    expectation: describe(clash),
    value: device.id,
  }))
}

/** From now on each of its devices has a `Device`. */
export function stateDeviceEntities(
  tenant: Entry,
  entries: Entries,
  surroundings: ClaimSurroundings,
): readonly Statement[] {
  const statements: Statement[] = []
  for (const device of entries.list('device', tenant.id)) {
    const [clash] = findClashes(device, entries, surroundings)
    if (clash === undefined) continue
    const expectation = `${describe(clash)} of device ${device.id}`
    statements.push({ isTrue: false, key: 'deviceStatus', expectation, value: true })
    if (statements.length === CLASHES_TOLD) break
  }
  return statements
}

function findClashes(device: Entry, entries: Entries, { listClaims }: ClaimSurroundings): readonly Clash[] {
  if (entries.isAlone(device)) return []
  const { tenant = '' } = device
  const owner = entries.get({ kind: 'tenant', id: tenant })?.parsed as ProvisionedTenant | undefined
  const list = ({ parsed }: Entry) => listClaims(parsed as ProvisionedDevice, owner?.deviceStatus === true)
  const claims = list(device)
  return claims.flatMap(claim => {
    for (const other of entries.findWriters({ tenant, id: claim.id }, group =>
      isClaimClash(group, claim, false),
    )) {
      const isSelf = other.id === device.id
      const otherClaim = (isSelf ? claims : list(other)).find(
        one => one.id === claim.id && isClaimClash(one, claim, isSelf),
      )
      if (otherClaim !== undefined) return [{ device, claim, other, otherClaim }]
    }
    return []
  })
}

function describe({ claim, other, otherClaim }: Clash): string {
  if (claim.type === otherClaim.type)
    return `expected an id that gives entities of its own, unlike that of device ${other.id} (${claim.id})`
  const types = `${otherClaim.type} of device ${other.id} and ${claim.type}`
  return `expected one type for each entity, and ${claim.id} would be ${types}`
}
