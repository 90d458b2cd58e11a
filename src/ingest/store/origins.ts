/** Whose message it is that the broker carries. It knows packets only, so their payload tells, from the publisher to the last queue. */

export interface Origin {
  readonly tenant: string
  /** Empty where the agent itself has sent it. */
  readonly credentialId: string
  /** A device's own login has sent it. */
  readonly isDevice: boolean
}

export class Origins {
  readonly #origins = new WeakMap<Buffer, Origin>()

  /** Of one packet only: gives it bytes of its own where it shares them with others. */
  mark<T extends { payload: Buffer | string }>(packet: T, origin: Origin): T {
    const { payload } = packet
    const own = typeof payload === 'string' ? Buffer.from(payload) : payload
    packet.payload = own
    this.#origins.set(own, origin)
    return packet
  }

  /** A payload that is kept must not keep all alive that its socket gave with it. */
  copy(payload: Buffer): Buffer {
    const copied = Buffer.from(payload)
    const origin = this.#origins.get(payload)
    if (origin !== undefined) this.#origins.set(copied, origin)
    return copied
  }

  find(payload: Buffer | string): Origin | undefined {
    return typeof payload === 'string' ? undefined : this.#origins.get(payload)
  }
}
