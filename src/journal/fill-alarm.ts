/** Says when the journal, or the part of one tenant, is nearly full, and when it no longer is: once each, not for every message. */
import type { Room } from './room.ts'

/** `tenant` is absent where it is about all of them. */
export interface Fill {
  readonly tenant?: string
  readonly bytes: number
  readonly maxBytes: number
  readonly isHigh: boolean
}

/** From here on somebody should look, while there is still time. */
export const HIGH_SHARE = 0.8
/** Below this it is over; in between nothing is said, so that it is not said again and again. */
export const LOW_SHARE = 0.7
const ALL = ''

export class FillAlarm {
  readonly #room: Room
  readonly #onChange: (fill: Fill) => void
  readonly #high = new Set<string>()

  constructor(room: Room, onChange: (fill: Fill) => void) {
    this.#room = room
    this.#onChange = onChange
  }

  /** To be called when the bytes of a tenant have changed. */
  look(tenant: string): void {
    const room = this.#room
    this.#weigh(ALL, { bytes: room.bytes, maxBytes: room.maxBytes })
    const maxBytes = room.getMaxBytes(tenant)
    // A tenant without a bound of its own has that of all, which is told already.
    if (maxBytes < room.maxBytes) this.#weigh(tenant, { tenant, bytes: room.getBytes(tenant), maxBytes })
  }

  #weigh(name: string, fill: Omit<Fill, 'isHigh'>): void {
    const share = fill.bytes / fill.maxBytes
    const wasHigh = this.#high.has(name)
    const isHigh = share >= (wasHigh ? LOW_SHARE : HIGH_SHARE)
    if (isHigh === wasHigh) return
    if (isHigh) this.#high.add(name)
    else this.#high.delete(name)
    this.#onChange({ ...fill, isHigh })
  }
}
