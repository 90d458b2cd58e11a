/** What the broker keeps for clients that are away: their subscriptions, what waits for them, and their wills. */
import type { Aedes } from 'aedes'

/** What is used of the store that aedes has. */
interface SessionStore {
  cleanSubscriptions(client: ClientPlace): Promise<unknown>
  outgoingStream(client: ClientPlace): AsyncIterable<object>
  outgoingClearMessageId(client: ClientPlace, packet: object): Promise<unknown>
  cleanIncoming(client: ClientPlace): Promise<unknown>
  delWill(client: ClientPlace): Promise<unknown>
}

interface ClientPlace {
  readonly id: string
  readonly brokerId: string
}

/** Drops all of it: whoever may log in no more is not waited for. */
export async function dropSession(aedes: Aedes, clientId: string): Promise<void> {
  const store = Reflect.get(aedes, 'persistence') as SessionStore
  const client = { id: clientId, brokerId: aedes.id }
  await store.delWill(client)
  await store.cleanSubscriptions(client)
  await store.cleanIncoming(client)
  for await (const packet of store.outgoingStream(client)) await store.outgoingClearMessageId(client, packet)
}
