/** Devices that would write into each other's entities: told when they are provisioned, before a reading is spoilt. */
import { type Fault, showValue } from '../document.ts'
import type { Device } from '../reading.ts'
import { DEVICE_STATUS } from './device-status.ts'
import { type EntityClaim, isClaimClash, listEntityClaims } from './entity-claims.ts'
import type { Profile } from './profile.ts'
import { nameProfile } from './used-profile.ts'

interface Claim extends Omit<EntityClaim, 'id'> {
  readonly device: Device
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
  const listClaims = (device: Device) => [
    ...listEntityClaims(device, profiles.get(nameProfile(device))?.entities ?? []),
    ...(isStatusTold(device.tenant) ? listEntityClaims(device, DEVICE_STATUS.entities) : []),
  ]
  const known = new Map<string, Claim>()
  return devices.flatMap((device, at) =>
    listClaims(device).flatMap(({ id, ...others }) => {
      const claim = { ...others, device }
      const key = `${device.tenant} ${id}`
      const earlier = known.get(key)
      if (earlier === undefined) known.set(key, claim)
      return earlier === undefined || !isClaimClash(earlier, claim, earlier.device === device)
        ? []
        : { file, key: `devices.${at}.id`, problem: describe(earlier, claim, id) }
    }),
  )
}

function describe(earlier: Claim, later: Claim, id: string): string {
  const expectation =
    earlier.type === later.type ? 'an id that gives entities of its own' : 'one type for each entity'
  const show = ({ device, type }: Claim) => `as ${type} from device ${showValue(device.id)}`
  return `expected ${expectation}, got ${id} ${show(earlier)} and ${show(later)}`
}
