/** The profiles of a lane whose destination takes only some types of entities. */

import type { Profile } from '../profiles/profile.ts'
import { getEntityTypes } from '../validation/model-schemas.ts'
import type { CompiledProfile } from './carried.ts'

/** Readings of a profile that makes nothing for this destination: none, so that its messages are skipped whatever they hold. */
const decodeNothing = () => []

/**
 * Gives profiles that make entities of these types only. One that makes none of them is not even run, so that a payload it cannot
 * read is no matter of this destination; but for those that read Sparkplug B, which have to hear every birth.
 */
export function narrowProfiles(
  profiles: readonly Profile[],
  compiled: ReadonlyMap<string, CompiledProfile>,
  types: ReadonlySet<string>,
): ReadonlyMap<string, CompiledProfile> {
  return new Map(
    profiles.flatMap(profile => {
      const whole = compiled.get(profile.id)
      if (whole === undefined) return []
      const made = [...getEntityTypes([profile])]
      if (profile.decode.sparkplug !== undefined) return [[profile.id, narrow(whole, types)]]
      if (made.every(type => types.has(type))) return [[profile.id, whole]]
      if (made.some(type => types.has(type))) return [[profile.id, narrow(whole, types)]]
      return [[profile.id, { decode: decodeNothing, map: whole.map }]]
    }),
  )
}

function narrow(whole: CompiledProfile, types: ReadonlySet<string>): CompiledProfile {
  return {
    ...whole,
    map: (reading, device, seen) => {
      const { entities, omitted } = whole.map(reading, device, seen)
      return { entities: entities.filter(({ type }) => types.has(type)), omitted }
    },
  }
}
