/** Why a version cannot run beside the active one. */
import type { Fault } from '../document.ts'
import type { Device } from '../reading.ts'
import type { ProfileHead } from './profile-head.ts'

type Shadow = Pick<NonNullable<ProfileHead['shadow']>, 'version' | 'devices'>

export function findShadowFaults(
  { id, tenant, active }: ProfileHead,
  { version, devices = [] }: Shadow,
  getDevice: (tenant: string, id: string) => Device | undefined,
): readonly Fault[] {
  const file = `profile ${id}`
  if (active === undefined)
    return [{ file, key: '', problem: 'expected an active version to compare with, got none' }]
  if (active === version)
    return [{ file, key: '', problem: `expected another version than the active one, got ${version}` }]
  return devices.flatMap((named, at) => {
    const device = getDevice(named.tenant, named.id)
    const isMeant = device?.profile === id && (tenant ?? named.tenant) === named.tenant
    const isFree = device?.profileVersion === undefined
    if (isMeant && isFree) return []
    const problem = isMeant
      ? `expected a device that is not pinned to a version, got ${named.id}`
      : `expected a device with the profile ${id}, got ${named.id}`
    return [{ file, key: `devices.${at}`, problem }]
  })
}
