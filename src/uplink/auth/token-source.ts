/** The access token of a destination: asked for once for all who need it, kept until shortly before it expires. */

export interface Token {
  readonly value: string
  /** How long it is good for from when it was asked for; for as long as the destination takes it where the server does not say. */
  readonly lifetimeMs?: number
}

interface KeptToken {
  readonly value: string
  /** By performance.now(). From the first time on a new one is fetched beside; from the second on this one is not used. */
  readonly renewAt: number
  readonly endsAt: number
}

/** The last fifth of its life leaves time for a token server that is down for a moment. */
const RENEW_PART = 0.8
/** What a request may be under way, at most a tenth of the token's life. */
const MARGIN_MS = 10_000
/** Between two tries to renew a token that is still good. */
const RENEW_PAUSE_MS = 1_000

export class TokenSource {
  readonly #request: () => Promise<Token>
  #kept: KeptToken | undefined
  /** The one request that is under way, for everybody who waits. */
  #pending: Promise<string> | undefined
  #quietUntil = 0

  constructor(request: () => Promise<Token>) {
    this.#request = request
  }

  /** At once while there is a good one. Rejects where the token server gives none. */
  get(): string | Promise<string> {
    const now = performance.now()
    const kept = this.#kept
    if (kept === undefined || now >= kept.endsAt) return this.#fetch()
    if (now >= kept.renewAt && now >= this.#quietUntil) this.#renewBeside(now)
    return kept.value
  }

  /** A new one in place of a token that was refused. One that was fetched since is new enough. */
  async renew(isRefused: (token: string) => boolean): Promise<string> {
    if (this.#pending === undefined && this.#kept !== undefined && isRefused(this.#kept.value))
      this.#kept = undefined
    return this.#pending ?? this.get()
  }

  /** A failure is not told: whoever comes when the token has ended hears of it. */
  #renewBeside(now: number): void {
    this.#quietUntil = now + RENEW_PAUSE_MS
    this.#fetch().catch(() => {})
  }

  #fetch(): Promise<string> {
    this.#pending ??= this.#fetchNew().finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  async #fetchNew(): Promise<string> {
    const askedAt = performance.now()
    const { value, lifetimeMs = Number.POSITIVE_INFINITY } = await this.#request()
    const margin = Math.min(MARGIN_MS, lifetimeMs / 10)
    this.#kept = {
      value,
      renewAt: askedAt + lifetimeMs * RENEW_PART,
      endsAt: askedAt + lifetimeMs - margin,
    }
    return value
  }
}
