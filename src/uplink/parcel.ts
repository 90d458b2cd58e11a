/** One entity on its way out, as JSON, with whoever waits to hear what became of it. */
import type { EntityText, Outcome } from '../reading.ts'
import { getTime } from '../turn-clock.ts'

export type Settle = (outcome: Outcome) => void

/** Bytes, not text: thousands wait for their destination at a time, and the collector would copy whatever is on its heap. */
export interface Parcel {
  readonly id: string
  readonly type: string
  /** The @context that it travels under. */
  readonly context: string | undefined
  /** The names of its attributes. */
  readonly attributes: readonly string[]
  readonly json: Buffer
  /** How many of its bytes are before the first attribute. */
  readonly headBytes: number
  readonly seat?: EntityText['seat']
  readonly settle: Settle
  /** When the uplink took it, by performance.now(). */
  readonly takenAt: number
}

export function createParcel(
  { id, type, attributes, json, headBytes, seat }: EntityText,
  context: string | undefined,
  settle: Settle,
): Parcel {
  return { id, type, context, attributes, json, headBytes, seat, settle, takenAt: getTime() }
}

/** The same in memory of its own, and no more of it than it needs. */
export function copyParcel(parcel: Parcel): Parcel {
  const json = Buffer.allocUnsafeSlow(parcel.json.length)
  json.set(parcel.json)
  return { ...parcel, json }
}

/**
 * Two readings of one entity as one parcel, where type and context are the same and no attribute is in both; otherwise nothing,
 * and the later one has to follow.
 */
export function mergeParcels(earlier: Parcel, later: Parcel): Parcel | undefined {
  if (earlier.type !== later.type || earlier.context !== later.context) return undefined
  if (later.attributes.some(name => earlier.attributes.includes(name))) return undefined
  return {
    ...earlier,
    attributes: [...earlier.attributes, ...later.attributes],
    json: Buffer.concat([earlier.json.subarray(0, -1), later.json.subarray(later.headBytes)]),
    settle: outcome => {
      earlier.settle(outcome)
      later.settle(outcome)
    },
  }
}
