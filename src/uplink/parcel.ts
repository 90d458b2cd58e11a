/** One entity on its way out, as JSON, with whoever waits to hear what became of it. */
import type { Entity, Outcome } from '../reading.ts'
import { toEntityJson } from './entity-json.ts'

export type Settle = (outcome: Outcome) => void

/** Bytes, not objects: thousands wait for their destination at a time, and the collector would copy whatever is on its heap. */
export interface Parcel {
  readonly id: string
  readonly type: string
  /** The names of its attributes. */
  readonly attributes: readonly string[]
  readonly json: Buffer
  readonly settles: readonly Settle[]
  /** When the uplink took it, by performance.now(). */
  readonly takenAt: number
}

export function createParcel(entity: Entity, settle: Settle): Parcel {
  return {
    id: entity.id,
    type: entity.type,
    attributes: Object.keys(entity).filter(isAttribute),
    json: Buffer.from(toEntityJson(entity)),
    settles: [settle],
    takenAt: performance.now(),
  }
}

/** Two readings of one entity as one parcel, where no attribute is in both; otherwise nothing, and the later one has to follow. */
export function mergeParcels(earlier: Parcel, later: Parcel): Parcel | undefined {
  const isApart = later.attributes.every(name => !earlier.attributes.includes(name))
  if (!isApart || earlier.type !== later.type) return undefined
  const head = Buffer.byteLength(toEntityJson({ id: later.id, type: later.type }))
  const json = Buffer.concat([earlier.json.subarray(0, -1), later.json.subarray(head - 1)])
  return {
    ...earlier,
    attributes: [...earlier.attributes, ...later.attributes],
    json,
    settles: [...earlier.settles, ...later.settles],
  }
}

function isAttribute(name: string): boolean {
  return name !== 'id' && name !== 'type'
}
