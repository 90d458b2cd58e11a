/** Sends a client of MQTT 5 no more messages at once, and no larger ones, than it has said to take (MQTT 5.0, 3.1.2.11). */
import { PacketFault, REASONS } from './packet-fault.ts'

/** A client that acknowledges nothing is not worth more memory. */
const HELD_MAX = 1_000
const ALL = 65_535

interface Outgoing {
  readonly id: number
  readonly packet: Buffer
}

export class Outflow {
  /** Messages at QoS 1 and 2 that it has not acknowledged yet. */
  inFlightMax = ALL
  packetBytesMax = Number.POSITIVE_INFINITY
  readonly #inFlight = new Set<number>()
  readonly #held: Outgoing[] = []

  fits(packet: Buffer): boolean {
    return packet.length <= this.packetBytesMax
  }

  /** A message at QoS 1 or 2: whether it may be sent now. If not, it is held until another one is acknowledged. */
  offer(id: number, packet: Buffer): boolean {
    if (this.#inFlight.size < this.inFlightMax) {
      this.#inFlight.add(id)
      return true
    }
    if (this.#held.push({ id, packet }) <= HELD_MAX) return false
    const problem = `expected acknowledgements before ${HELD_MAX} more messages wait for it`
    throw new PacketFault(problem, REASONS.quota, 'SUBSCRIBER_SLOW')
  }

  /** Gives what may be sent in its place. */
  acknowledge(id: number): Buffer | undefined {
    if (!this.#inFlight.delete(id)) return undefined
    const next = this.#held.shift()
    if (next !== undefined) this.#inFlight.add(next.id)
    return next?.packet
  }
}
