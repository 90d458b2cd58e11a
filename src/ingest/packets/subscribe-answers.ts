/**
 * The answers to SUBSCRIBE. aedes answers a filter that is there twice only once, and we refuse some filters ourselves: the client
 * gets one code for each filter in their order all the same (MQTT-3.8.4-5).
 */
import type { Subscription } from './subscriptions.ts'

export interface Asked extends Subscription {
  /** The code, where we refuse it ourselves. */
  readonly refusal?: number
}

const QOS = 0b11
const REFUSED = 0x80

export class SubscribeAnswers {
  readonly #asked = new Map<number, readonly Asked[]>()

  get isWaiting(): boolean {
    return this.#asked.size > 0
  }

  /** Gives what aedes is to be asked: each filter once, its last wish (MQTT-3.8.4-4). */
  ask(id: number, asked: readonly Asked[]): readonly Subscription[] {
    this.#asked.set(id, asked)
    const last = new Map(asked.filter(({ refusal }) => refusal === undefined).map(one => [one.filter, one]))
    return [...last.values()]
  }

  /** The codes for the client, from those of aedes. */
  take(id: number, granted: Buffer): Buffer {
    const asked = this.#asked.get(id)
    if (asked === undefined) return granted
    this.#asked.delete(id)
    const codes = new Map<string, number>()
    for (const { filter, refusal } of asked) {
      if (refusal === undefined && !codes.has(filter)) codes.set(filter, granted[codes.size] ?? REFUSED)
    }
    return Buffer.from(
      asked.map(({ filter, options, refusal }) => {
        const code = codes.get(filter) ?? REFUSED
        return refusal ?? (code >= REFUSED ? code : Math.min(code, options & QOS))
      }),
    )
  }
}
