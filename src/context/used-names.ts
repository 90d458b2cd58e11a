/** Which types and attributes the profiles in use make, each under the context that its profile names for it. */
import type { EntityProfile, Profile } from '../profiles/profile.ts'

export interface UsedNames {
  readonly type: string
  readonly context: string | undefined
  /** Attributes, and what is said of them. */
  readonly attributes: readonly string[]
}

export function listUsedNames(profiles: Iterable<Profile>): readonly UsedNames[] {
  return [...profiles].flatMap(({ entities }) => entities.flatMap(listOfEntity))
}

/** A type or a context may depend on the placement of the device. */
function listOfEntity({ type, context, attributes }: EntityProfile): readonly UsedNames[] {
  const names = Object.entries(attributes).flatMap(([name, { extra = {} }]) => [name, ...Object.keys(extra)])
  const placements = new Set(['default', ...listPlacements(type), ...listPlacements(context)])
  const used = [...placements].map(placement => ({
    type: choose(type, placement),
    context: context === undefined ? undefined : choose(context, placement),
    attributes: [...new Set(names)],
  }))
  return used.filter(
    (one, index) =>
      used.findIndex(other => other.type === one.type && other.context === one.context) === index,
  )
}

function listPlacements(choice: EntityProfile['type'] | undefined): readonly string[] {
  return typeof choice === 'object' ? Object.keys(choice) : []
}

function choose(choice: EntityProfile['type'], placement: string): string {
  return typeof choice === 'string' ? choice : (choice[placement] ?? choice.default)
}
