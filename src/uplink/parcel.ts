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
  readonly settle: Settle
  /** When the uplink took it, by performance.now(). */
  readonly takenAt: number
}

/** A UTF-16 unit takes at most three bytes in UTF-8. */
const UTF8_BYTES_PER_UNIT = 3
/** Some hundreds of entities share one, which lives as long as the last of them. */
const SLAB_BYTES = 256 * 1024

let slab = Buffer.alloc(0)
let slabEnd = SLAB_BYTES

export function createParcel(
  { id, type, attributes, head, body }: EntityText,
  context: string | undefined,
  settle: Settle,
): Parcel {
  const json = toBytes(head + body)
  return { id, type, context, attributes, json, headBytes: head.length, settle, takenAt: getTime() }
}

/** UTF-8, as `Buffer.from` gives it, without measuring the text first: room for the longest that it can be is there. */
function toBytes(text: string): Buffer {
  const most = text.length * UTF8_BYTES_PER_UNIT
  if (most > SLAB_BYTES) return Buffer.from(text)
  if (slabEnd + most > SLAB_BYTES) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
    slabEnd = 0
  }
  const start = slabEnd
  slabEnd += slab.write(text, start)
  return slab.subarray(start, slabEnd)
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
