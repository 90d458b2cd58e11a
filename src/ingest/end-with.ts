/** Ends a connection with a last word that the other side can read. */
import type { Duplex } from 'node:stream'

/** It has so long for it. */
const PATIENCE_MS = 1_000

export function endWith(socket: Duplex, farewell: Buffer): void {
  const patience = setTimeout(() => socket.destroy(), PATIENCE_MS)
  socket.once('close', () => clearTimeout(patience))
  // What still comes is read away: with it unread the kernel would drop the farewell.
  socket.resume()
  socket.end(farewell)
}
