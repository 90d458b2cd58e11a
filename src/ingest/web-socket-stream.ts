/** One WebSocket as the duplex stream that aedes reads and writes: what it writes in pieces leaves as one frame. */
import { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'

/** What may wait for a client that does not read: it decides how many pings it sends, and each is answered. */
const UNREAD_BYTES_MAX = 1024 * 1024

/** aedes writes a PUBACK as header, length and id; three frames for four bytes would double its cost. */
export function createWebSocketStream(
  socket: WebSocket,
  onFault: (problem: string) => void = () => {},
): Duplex {
  const stream = new Duplex({
    read() {
      socket.resume()
    },
    write(chunk: Buffer, _encoding, done) {
      socket.send(chunk, done)
    },
    writev(pieces, done) {
      socket.send(Buffer.concat(pieces.map(({ chunk }: { chunk: Buffer }) => chunk)), done)
    },
    final(done) {
      socket.close()
      done()
    },
    destroy(error, done) {
      socket.terminate()
      done(error)
    },
  })
  socket.on('message', (data: RawData, isBinary: boolean) => {
    // Text ends the connection (MQTT-6.0.0-1).
    if (!isBinary) {
      onFault('expected binary frames, got one of text')
      stream.destroy()
    } else if (!stream.push(toBuffer(data))) socket.pause()
  })
  socket.on('ping', () => {
    if (socket.bufferedAmount > UNREAD_BYTES_MAX) stream.destroy()
  })
  socket.on('close', () => stream.push(null))
  socket.on('error', error => stream.destroy(error))
  return stream
}

function toBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return Buffer.isBuffer(data) ? data : Buffer.from(data)
}
