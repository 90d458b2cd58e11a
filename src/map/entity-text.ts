/** The way back from text: for samples and for people, who look at entities as objects, and for what has to leave out some of it. */
import type { Entity, EntityText } from '../reading.ts'

export function parseEntity({ head, body }: EntityText): Entity {
  return JSON.parse(head + body) as Entity
}

/** The entity with these attributes alone. */
export function pickAttributes(entity: EntityText, names: readonly string[]): EntityText {
  const parsed = parseEntity(entity)
  const texts = names.map(name => `,${JSON.stringify(name)}:${JSON.stringify(parsed[name])}`)
  const times = entity.times?.filter((_, index) => names.includes(entity.attributes[index] ?? ''))
  return { ...entity, attributes: names, times, body: `${texts.join('')}}` }
}
