/** Devices that would write into each other's entities: told when they are provisioned, before a reading is spoilt. */
import { type Fault, showValue } from '../document.ts'
import { compileIdentities } from '../map/identity.ts'
import type { Device } from '../reading.ts'
import { DEVICE_STATUS } from './device-status.ts'
import type { EntityProfile, Profile } from './profile.ts'
import { nameProfile } from './used-profile.ts'

interface Claim {
  readonly device: Device
  readonly type: string
  /** True where the id is made of the id of the device, so that nobody meant to share the entity. */
  readonly isOwn: boolean
}

/**
 * `profiles` are those that the devices find by their names; `file` is where the devices are listed, in this order. Of some tenants
 * (`isStatusTold`) each device has a `Device` as well.
 */
export function findEntityClashes(
  devices: readonly Device[],
  profiles: ReadonlyMap<string, Profile>,
  file: string,
  isStatusTold: (tenant: string) => boolean = () => false,
): readonly Fault[] {
  const getClaims = compileClaims(profiles, isStatusTold)
  const known = new Map<string, Claim>()
  return devices.flatMap((device, at) =>
    getClaims(device).flatMap(({ id, ...claim }) => {
      const key = `${device.tenant} ${id}`
      const earlier = known.get(key)
      if (earlier === undefined) known.set(key, claim)
      return earlier === undefined || !isClash(earlier, claim)
        ? []
        : { file, key: `devices.${at}.id`, problem: describe(earlier, claim, id) }
    }),
  )
}

/** Several devices may tell of one entity. But one entity has one type, and ids that only look different are a mistake. */
function isClash(earlier: Claim, later: Claim): boolean {
  const isMixedUp = earlier.device !== later.device && earlier.isOwn && later.isOwn
  return isMixedUp || earlier.type !== later.type
}

function describe(earlier: Claim, later: Claim, id: string): string {
  const expectation =
    earlier.type === later.type ? 'an id that gives entities of its own' : 'one type for each entity'
  const show = ({ device, type }: Claim) => `as ${type} from device ${showValue(device.id)}`
  return `expected ${expectation}, got ${id} ${show(earlier)} and ${show(later)}`
}

function compileClaims(
  profiles: ReadonlyMap<string, Profile>,
  isStatusTold: (tenant: string) => boolean,
): (device: Device) => readonly (Claim & { readonly id: string })[] {
  const compiled = new Map(
    [...profiles].map(([id, { entities }]) => [id, entities.map(compileEntityClaim)] as const),
  )
  const status = DEVICE_STATUS.entities.map(compileEntityClaim)
  return device => {
    const own = compiled.get(nameProfile(device)) ?? []
    const all = isStatusTold(device.tenant) ? [...own, ...status] : own
    return all.flatMap(getClaims => getClaims(device))
  }
}

function compileEntityClaim(entity: EntityProfile) {
  const getIdentities = compileIdentities([entity])
  const isOwn = entity.id.includes('{device.id}')
  return (device: Device) => getIdentities(device).map(identity => ({ ...identity, device, isOwn }))
}
