/** A message at QoS 2 that its client sends again before it has released it is stored once (MQTT-4.3.3-2): aedes asks for each of them. */
import type { Aedes, Client, PublishPacket } from 'aedes'

type Done = (error?: Error | null) => void

/** What is used of the store that aedes has. Rejects for a message that is not there. */
interface IncomingStore {
  incomingGetPacket(client: Client, packet: PublishPacket): Promise<unknown>
}

export class Unreleased {
  readonly #aedes: Aedes
  /** Those that are on their way to the disk, with all who wait for it. */
  readonly #pending = new Map<string, Done[]>()

  constructor(aedes: Aedes) {
    this.#aedes = aedes
  }

  /** `take` stores a message; it is not called for one that was taken before. */
  take(client: Client, packet: PublishPacket, take: (done: Done) => void, done: Done): void {
    if (packet.qos !== 2 || packet.messageId === undefined) {
      take(done)
      return
    }
    const key = `${packet.messageId} ${client.id}`
    const others = this.#pending.get(key)
    if (others !== undefined) {
      // One that is not sent again is another one, of a session that began anew.
      if (packet.dup) others.push(done)
      else take(done)
      return
    }
    const waiting = [done]
    this.#pending.set(key, waiting)
    const answer: Done = error => {
      this.#pending.delete(key)
      for (const one of waiting) one(error)
    }
    const store = Reflect.get(this.#aedes, 'persistence') as IncomingStore
    store.incomingGetPacket(client, packet).then(
      () => answer(),
      () => take(answer),
    )
  }
}
