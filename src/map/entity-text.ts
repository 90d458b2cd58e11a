/** The way back from text: for samples and for people, who look at entities as objects. */
import type { Entity, EntityText } from '../reading.ts'

export function parseEntity({ head, body }: EntityText): Entity {
  return JSON.parse(head + body) as Entity
}
