/** A message at QoS 2 that its client sends again before it has released it is stored once (MQTT-4.3.3-2): aedes asks for each of them. */
import type { Client, PublishPacket } from 'aedes'

type Done = (error?: Error | null) => void

/** Rejects for a message that is not there. */
interface IncomingStore {
  incomingGetPacket(client: Client, packet: PublishPacket): Promise<unknown>
}

export class Unreleased {
  readonly #store: IncomingStore
  /** Those that are on their way to the disk, with all who wait for it. */
  readonly #pending = new Map<string, Done[]>()

  constructor(store: IncomingStore) {
    this.#store = store
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
    this.#store.incomingGetPacket(client, packet).then(
      () => answer(),
      () => take(answer),
    )
  }
}
