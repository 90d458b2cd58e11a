/** Which sessions wait for their clients: so many, and each for so long. */
import type { MqttLimits } from '../../config/mqtt-limits.ts'
import type { ErrorCode } from '../../errors.ts'

export interface AwaySessionsOptions {
  readonly limits: Pick<MqttLimits, 'keptSessions' | 'sessionExpiry'>
  /** It is to be dropped with all that waits in it. */
  readonly onDrop: (clientId: string, code: ErrorCode) => void
}

const LOOK_MS = 60_000

export class AwaySessions {
  readonly #options: AwaySessionsOptions
  /** Since when, the one that has left first in front. */
  readonly #since = new Map<string, number>()
  readonly #timer: NodeJS.Timeout

  constructor(options: AwaySessionsOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#dropExpired(performance.now()), LOOK_MS).unref()
  }

  leave(clientId: string): void {
    this.#since.delete(clientId)
    this.#since.set(clientId, performance.now())
    for (const oldest of this.#since.keys()) {
      if (this.#since.size <= this.#options.limits.keptSessions) return
      this.#drop(oldest, 'SESSIONS_FULL')
    }
  }

  /** It is back, or nothing is kept for it any more. */
  forget(clientId: string): void {
    this.#since.delete(clientId)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #dropExpired(now: number): void {
    for (const [clientId, since] of this.#since) {
      if (now - since < this.#options.limits.sessionExpiry) return
      this.#drop(clientId, 'SESSION_EXPIRED')
    }
  }

  #drop(clientId: string, code: ErrorCode): void {
    this.#since.delete(clientId)
    this.#options.onDrop(clientId, code)
  }
}
