/** A profile in use, and the name by which devices find it. */
import type { Device } from '../reading.ts'
import type { Profile } from './profile.ts'

/**
 * The active version of a profile has its own id. A version that devices are pinned to is there once more, with its number behind
 * the id, as in `milesight-ws302@3`.
 */
export type UsedProfile = Profile & {
  /** Whose devices may have it; those of all tenants where there is none. */
  readonly tenant?: string | undefined
}

/** By which a device finds its profile among those of its tenant. */
export function nameProfile({ profile, profileVersion }: Pick<Device, 'profile' | 'profileVersion'>): string {
  return profileVersion === undefined ? profile : nameVersion(profile, profileVersion)
}

export function nameVersion(id: string, version: number): string {
  return `${id}@${version}`
}

/** Whether it is the name of one version. No id of a profile has an @. */
export function isVersion(name: string): boolean {
  return name.includes('@')
}
