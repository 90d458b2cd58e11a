/** The way back from text: for samples and for people, who look at entities as objects, and for what has to leave out some of it. */
import type { Attribute, Entity, EntityText } from './reading.ts'

export function parseEntity({ json }: EntityText): Entity {
  return JSON.parse(json.toString()) as Entity
}

/** Its attributes alone, by their names. */
export function parseAttributes(entity: EntityText): Readonly<Record<string, Attribute>> {
  const { id, type, ...attributes } = parseEntity(entity)
  return attributes as Readonly<Record<string, Attribute>>
}

/** The entity with other attributes, in the place of its own; with another type too, where one is given. */
export function withAttributes(
  entity: EntityText,
  attributes: Readonly<Record<string, unknown>>,
  type: string = entity.type,
): EntityText {
  const head = JSON.stringify({ id: entity.id, type }).slice(0, -1)
  const body = JSON.stringify(attributes).slice(1)
  const json = Buffer.from(body === '}' ? head + body : `${head},${body}`)
  return { ...entity, type, attributes: Object.keys(attributes), json, headBytes: Buffer.byteLength(head) }
}

/** The entity with these attributes alone. */
export function pickAttributes(entity: EntityText, names: readonly string[]): EntityText {
  const attributes = Object.entries(parseAttributes(entity)).filter(([name]) => names.includes(name))
  const times = entity.times?.filter((_, index) => names.includes(entity.attributes[index] ?? ''))
  return { ...withAttributes(entity, Object.fromEntries(attributes)), times }
}
