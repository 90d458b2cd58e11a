/** One run of readings with consecutive numbers, shared out among clients, with the time of each PUBLISH and PUBACK. */
import { nowMs } from './measure.mjs'

export class Burst {
  #clients
  #first
  #count
  #qos
  #window
  #next = 0
  #acknowledged = 0
  #turn = 0
  #sentAt
  #ackedAt
  #complete = () => undefined

  /** @param {readonly import('./publishing-client.mjs').PublishingClient[]} clients */
  constructor(clients, { first, count, qos, window }) {
    this.#clients = clients
    this.#first = first
    this.#count = count
    this.#qos = qos
    this.#window = window
    this.#sentAt = new Float64Array(count).fill(Number.NaN)
    this.#ackedAt = new Float64Array(count).fill(Number.NaN)
  }

  /** Resolves when all is acknowledged; at QoS 0, where nothing is, when all is sent. */
  run() {
    return new Promise((resolve, reject) => {
      this.#complete = () => resolve({ sentAt: this.#sentAt, ackedAt: this.#ackedAt })
      const onLost = () => reject(new Error('The server closed a connection.'))
      for (const client of this.#clients) client.join(this, onLost)
      if (this.#qos === 0) this.pace(0)
      else for (const client of this.#clients) client.fill()
    })
  }

  /** Takes up to `wanted` numbers; gives the first of them and how many there are. */
  take(wanted) {
    const from = this.#next
    const count = Math.min(wanted, this.#count - from)
    this.#next += count
    this.#sentAt.fill(nowMs(), from, from + count)
    return { first: this.#first + from, count }
  }

  acknowledge(sequences) {
    const now = nowMs()
    for (const sequence of sequences) this.#ackedAt[sequence - this.#first] = now
    this.#acknowledged += sequences.length
    if (this.#acknowledged === this.#count) this.#complete()
  }

  /** QoS 0 has no answers: what the other end has seen bounds what is on its way. The clients take turns. */
  pace(seen) {
    let credit = this.#window - (this.#next - seen)
    while (credit > 0 && this.#next < this.#count) {
      const client = this.#clients[this.#turn]
      this.#turn = (this.#turn + 1) % this.#clients.length
      credit -= client.send(Math.min(credit, client.inFlight))
    }
    if (this.#next === this.#count) this.#complete()
  }
}
