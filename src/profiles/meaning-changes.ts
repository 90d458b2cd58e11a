/** What a change of profiles makes of attributes that consumers know: another kind or unit under the old name, which no broker refuses. */
import { getKind } from './attribute.ts'
import type { Profile } from './profile.ts'

type Profiles = ReadonlyMap<string, Profile>

/** Sentences such as `profile x: temperature of WeatherObserved was a property in PAL and is a property in A97`; none where every name means what it meant. */
export function findMeaningChanges(before: Profiles, after: Profiles): readonly string[] {
  return [...after.values()].flatMap(profile => {
    const known = before.get(profile.id)
    return known === undefined ? [] : compareMeanings(known, profile)
  })
}

function compareMeanings(before: Profile, after: Profile): readonly string[] {
  const known = new Map(listMeanings(before))
  return listMeanings(after).flatMap(([name, meaning]) => {
    const past = known.get(name)
    return past === undefined || past === meaning
      ? []
      : [`profile ${after.id}: ${name} was ${past} and is ${meaning}`]
  })
}

/** Each attribute with its entity type, and what a consumer has to know to read its value. */
function listMeanings({ entities }: Profile): readonly (readonly [name: string, meaning: string])[] {
  return entities.flatMap(({ type, attributes }) => {
    const types = typeof type === 'string' ? type : [...new Set(Object.values(type))].join(' or ')
    return Object.entries(attributes).map(([name, attribute]) => {
      const unit = attribute.unit === undefined ? 'without a unit' : `in ${attribute.unit}`
      return [`${name} of ${types}`, `a ${getKind(attribute)} ${unit}`] as const
    })
  })
}
