/** How fast each lane is at present: looked at by the clock, over the last minute. */
import type { LaneReport } from '../draining/protocol.ts'

/** Messages. */
export interface LaneRate {
  readonly receivedPerMinute: number
  readonly deliveredPerMinute: number
}

interface Look {
  /** In milliseconds, by a clock that nobody sets. */
  readonly at: number
  readonly received: number
  readonly delivered: number
}

const MINUTE_MS = 60_000

export class LaneRates {
  /** Oldest first; the first of them is a minute old or more, once there is one. */
  readonly #looks = new Map<string, readonly Look[]>()

  look(lanes: readonly LaneReport[], now = performance.now()): void {
    const before = new Map(this.#looks)
    this.#looks.clear()
    for (const lane of lanes) {
      const looks = [...(before.get(toKey(lane)) ?? []), toLook(lane, now)]
      const firstOfMinute = looks.findIndex(({ at }) => now - at < MINUTE_MS)
      this.#looks.set(toKey(lane), looks.slice(Math.max(0, firstOfMinute - 1)))
    }
  }

  /** Nothing before the first look, and after a lane was set back. */
  get(lane: LaneReport, now = performance.now()): LaneRate | undefined {
    const [since] = this.#looks.get(toKey(lane)) ?? []
    if (since === undefined || now <= since.at) return undefined
    const { received, delivered } = toLook(lane, now)
    if (delivered < since.delivered) return undefined
    const toRate = (count: number) => Math.round((count * MINUTE_MS) / (now - since.at))
    return {
      receivedPerMinute: toRate(received - since.received),
      deliveredPerMinute: toRate(delivered - since.delivered),
    }
  }
}

function toKey({ tenant, destination }: LaneReport): string {
  return `${tenant}/${destination}`
}

function toLook({ balance: { received, delivered } }: LaneReport, at: number): Look {
  return { at, received, delivered }
}
