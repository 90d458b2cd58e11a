/** One entity on its way out, as JSON text, with whoever waits to hear what became of it. */
import type { Entity, Outcome } from '../reading.ts'
import { toEntityJson } from './entity-json.ts'

export type Settle = (outcome: Outcome) => void

/** Text, not objects: thousands wait for their destination at a time, and the collector would copy each of their objects twice. */
export interface Parcel {
  readonly id: string
  readonly type: string
  /** The names of its attributes. */
  readonly attributes: readonly string[]
  readonly json: string
  /** UTF-8 bytes of `json`. */
  readonly bytes: number
  readonly settles: readonly Settle[]
  /** When the uplink took it, by performance.now(). */
  readonly takenAt: number
}

export function createParcel(entity: Entity, settle: Settle): Parcel {
  const json = toEntityJson(entity)
  return {
    id: entity.id,
    type: entity.type,
    attributes: Object.keys(entity).filter(isAttribute),
    json,
    bytes: Buffer.byteLength(json),
    settles: [settle],
    takenAt: performance.now(),
  }
}

/** Two readings of one entity as one parcel, where no attribute is in both; otherwise nothing, and the later one has to follow. */
export function mergeParcels(earlier: Parcel, later: Parcel): Parcel | undefined {
  const isApart = later.attributes.every(name => !earlier.attributes.includes(name))
  if (!isApart || earlier.type !== later.type) return undefined
  const head = toEntityJson({ id: later.id, type: later.type })
  const json = `${earlier.json.slice(0, -1)}${later.json.slice(head.length - 1)}`
  return {
    ...earlier,
    attributes: [...earlier.attributes, ...later.attributes],
    json,
    bytes: Buffer.byteLength(json),
    settles: [...earlier.settles, ...later.settles],
  }
}

function isAttribute(name: string): boolean {
  return name !== 'id' && name !== 'type'
}
