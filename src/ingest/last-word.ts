/** Tells a client why its connection is closed, where its version of MQTT has a word for it. */
import type { Client } from 'aedes'
import { Guard } from './guard.ts'
import type { Reason } from './packets/packet-fault.ts'

export function closeWith(client: Client, reason: Reason): void {
  sayLast(client, reason)
  client.close()
}

/** For a connection that aedes is about to close. */
export function sayLast({ conn }: Client, reason: Reason): void {
  if (conn instanceof Guard) conn.lastWord = reason
}
