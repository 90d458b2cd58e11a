/** Waits until a socket takes more, or is gone: whoever waited for one that is gone would never be told. */
import type { Duplex } from 'node:stream'

export function onceDrained(socket: Duplex, done: () => void): void {
  const go = () => {
    socket.off('drain', go)
    socket.off('close', go)
    done()
  }
  socket.on('drain', go)
  socket.on('close', go)
}
