/** How much a login may send: so many messages and bytes at full speed, and from then on as many as time allows. */

export interface Allowance {
  /** In a second; 0 for any number. */
  readonly perSecond: number
  /** At full speed before that. */
  readonly burst: number
}

/** One figure of a budget: when all that was taken so far would have been due, had it come evenly. */
class Meter {
  readonly #unitMs: number
  readonly #aheadMs: number
  #dueAt = 0

  constructor({ perSecond, burst }: Allowance) {
    this.#unitMs = perSecond === 0 ? 0 : 1_000 / perSecond
    this.#aheadMs = this.#unitMs * burst
  }

  /** Gives for how many milliseconds nothing more should come; `shares` have one allowance each. */
  take(units: number, shares: number, now: number): number {
    if (this.#dueAt < now) this.#dueAt = now
    this.#dueAt += (units * this.#unitMs) / shares
    return this.#dueAt - now - this.#aheadMs
  }

  /** Whether at least half of what may come at full speed is there again. */
  isAtEase(now: number): boolean {
    return this.#dueAt - now <= this.#aheadMs / 2
  }

  isFull(now: number): boolean {
    return this.#dueAt <= now
  }
}

export class Budget {
  /** Connections that use it. */
  users = 0
  readonly #messages: Meter
  readonly #bytes: Meter
  /** Of a gateway: each device that it speaks for brings an allowance of its own. */
  readonly #devices = new Set<string>()
  readonly #devicesMax: number
  #overSince: number | undefined

  constructor(messages: Allowance, bytes: Allowance, devicesMax: number) {
    this.#devicesMax = devicesMax
    this.#messages = new Meter(messages)
    this.#bytes = new Meter(bytes)
  }

  /** Where the rules of a tenant make devices, a gateway can invent any number of them. */
  addDevice(id: string): void {
    if (this.#devices.size < this.#devicesMax) this.#devices.add(id)
  }

  /** Gives for how many milliseconds nothing more should come; 0 or less for none. */
  take(bytes: number, now: number): number {
    const shares = this.#devices.size || 1
    const messagesMs = this.#messages.take(1, shares, now)
    const bytesMs = this.#bytes.take(bytes, shares, now)
    const waitMs = Math.max(messagesMs, bytesMs)
    if (waitMs > 0) this.#overSince ??= now
    else if (this.#overSince !== undefined && this.#messages.isAtEase(now) && this.#bytes.isAtEase(now))
      this.#overSince = undefined
    return waitMs
  }

  /** Since when more comes than is allowed, without a pause in which it could recover. */
  get overSince(): number | undefined {
    return this.#overSince
  }

  isFull(now: number): boolean {
    return this.#messages.isFull(now) && this.#bytes.isFull(now)
  }
}
