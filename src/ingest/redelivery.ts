/** A message that a kept session was sent and has not acknowledged comes again as one that comes again (MQTT-3.3.1-1), which aedes does not say. */
import type { Aedes } from 'aedes'

/** A message, or the PUBREL of one, that waits for a client. */
interface Waiting {
  readonly cmd: string
  /** There once it was sent. */
  readonly messageId?: number
}

/** What is used of the store that aedes has. */
interface OutgoingStore {
  outgoingStream(client: { readonly id: string }): AsyncIterable<Waiting>
}

/** When the connection of the client has ended. */
export async function markSent(aedes: Aedes, clientId: string): Promise<void> {
  const store = Reflect.get(aedes, 'persistence') as OutgoingStore
  for await (const packet of store.outgoingStream({ id: clientId })) {
    if (packet.cmd === 'publish' && packet.messageId !== undefined) Object.assign(packet, { dup: true })
  }
}
