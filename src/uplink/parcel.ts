/** One entity on its way out, with its JSON and with whoever waits to hear what became of it. */
import type { Attribute, Entity, Outcome } from '../reading.ts'

export type Settle = (outcome: Outcome) => void

export interface Parcel {
  readonly entity: Entity
  readonly json: string
  /** UTF-8 bytes of `json`. */
  readonly bytes: number
  readonly settles: readonly Settle[]
}

export function createParcel(entity: Entity, settles: readonly Settle[]): Parcel {
  const json = JSON.stringify(entity)
  return { entity, json, bytes: Buffer.byteLength(json), settles }
}

/** Two readings of one entity as one parcel, where no attribute is in both; otherwise nothing, and the later one has to follow. */
export function mergeParcels(earlier: Parcel, later: Parcel): Parcel | undefined {
  if (earlier.entity.type !== later.entity.type) return undefined
  const attributes: Record<string, Attribute | string> = {}
  for (const name of Object.keys(later.entity)) {
    if (name === 'id' || name === 'type') continue
    const attribute = later.entity[name]
    if (attribute === undefined || Object.hasOwn(earlier.entity, name)) return undefined
    attributes[name] = attribute
  }
  return createParcel({ ...earlier.entity, ...attributes }, [...earlier.settles, ...later.settles])
}
