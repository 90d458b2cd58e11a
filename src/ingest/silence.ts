/** Ends a client that is silent for longer than it said, or than anybody may be. */
import { getTime } from '../turn-clock.ts'
import { PacketFault, REASONS } from './packets/packet-fault.ts'
import { Timer } from './timer.ts'

/** A client may be late by half of its keep-alive (MQTT-3.1.2-24). */
const KEEP_ALIVE_MS = 1_500
const TIMER_MS_MAX = 2 ** 31 - 1

export class Silence {
  readonly #timer: Timer
  #mostMs = TIMER_MS_MAX
  /** By the clock of the turn: a number for each read, where moving a timer would cost ten times that. */
  #heardAt = 0

  /** Whoever is not read from cannot be heard. */
  constructor(isReading: () => boolean, onSilent: (fault: PacketFault) => void) {
    this.#timer = new Timer(() => {
      const restMs = isReading() ? this.#heardAt + this.#mostMs - getTime() : this.#mostMs
      if (restMs > 0) this.#timer.begin(Math.ceil(restMs))
      else onSilent(new PacketFault(`silent for ${this.#mostMs} ms`, REASONS.keepAlive, 'CLIENT_SILENT'))
    })
  }

  begin(keepAliveSeconds: number, idleTimeoutMs: number): void {
    const keepAliveMs = keepAliveSeconds === 0 ? TIMER_MS_MAX : keepAliveSeconds * KEEP_ALIVE_MS
    this.#mostMs = Math.min(keepAliveMs, idleTimeoutMs, TIMER_MS_MAX)
    this.#heardAt = getTime()
    this.#timer.begin(this.#mostMs)
  }

  refresh(): void {
    this.#heardAt = getTime()
  }

  cancel(): void {
    this.#timer.cancel()
  }
}
