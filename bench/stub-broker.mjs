/** A context broker that costs next to nothing: answers 204 to every upsert and notes when each reading came. Its own process. */
import { createServer } from 'node:net'
import { answer } from './child.mjs'
import { SEQUENCE_ORIGIN } from './mqtt-frames.mjs'
import { Sink } from './sink.mjs'

const ANSWER = 'HTTP/1.1 204 No Content\r\n\r\n'
const HEAD_END = '\r\n\r\n'

const sink = new Sink()
const server = createServer(socket => {
  const requests = new RequestReader(body => {
    sink.take(findSequences(body))
    socket.write(ANSWER)
  })
  socket.setNoDelay(true)
  socket.on('data', data => requests.read(data))
  socket.on('error', () => socket.destroy())
})

answer({
  listen: ({ port = 0 }) =>
    new Promise(resolve => {
      server.listen(port, '127.0.0.1', () => resolve({ port: server.address().port }))
    }),
  expect: range => sink.expect(range),
  collect: () => sink.collect(),
})

/** Cuts a connection into request bodies by their Content-Length. */
class RequestReader {
  #parts = []
  #length = 0
  #needed = 0
  #onBody

  constructor(onBody) {
    this.#onBody = onBody
  }

  read(data) {
    this.#parts.push(data)
    this.#length += data.length
    while (this.#length > 0 && this.#length >= this.#needed) {
      const bytes = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts)
      const headEnd = bytes.indexOf(HEAD_END)
      if (headEnd < 0) {
        this.#keep(bytes, this.#length + 1)
        return
      }
      const bodyAt = headEnd + HEAD_END.length
      const end = bodyAt + readContentLength(bytes.toString('latin1', 0, headEnd))
      if (bytes.length < end) {
        this.#keep(bytes, end)
        return
      }
      this.#onBody(bytes.subarray(bodyAt, end))
      this.#keep(bytes.subarray(end), 0)
    }
  }

  #keep(bytes, needed) {
    this.#parts = [bytes]
    this.#length = bytes.length
    this.#needed = needed
  }
}

function readContentLength(head) {
  // A question which broker this is has no body.
  if (head.startsWith('GET ')) return 0
  const match = /^content-length: *(\d+)/im.exec(head)
  if (match === null) throw new Error(`expected Content-Length, got ${head}`)
  return Number(match[1])
}

/** The running numbers in a batch. Looking for them is several times cheaper than parsing it. */
function findSequences(body) {
  const sequences = []
  let at = body.indexOf('"sequence":')
  while (at >= 0) {
    let digit = body.indexOf('"value":', at) + '"value":'.length
    let sequence = 0
    for (; body[digit] >= 48 && body[digit] <= 57; digit += 1) sequence = sequence * 10 + body[digit] - 48
    sequences.push(sequence - SEQUENCE_ORIGIN)
    at = body.indexOf('"sequence":', digit)
  }
  return sequences
}
