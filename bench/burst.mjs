/** One run of readings with consecutive numbers, shared out among clients, with the time of each PUBLISH and PUBACK. */
import { nowMs } from './measure.mjs'

/** How often a rate is kept up. */
const PACE_MS = 1

export class Burst {
  #clients
  #first
  #count
  #qos
  #window
  #rate
  #next = 0
  #acknowledged = 0
  #turn = 0
  #sentAt
  #ackedAt
  #complete = () => undefined

  /** @param {readonly import('./publishing-client.mjs').PublishingClient[]} clients */
  constructor(clients, { first, count, qos, window, rate }) {
    this.#clients = clients
    this.#first = first
    this.#count = count
    this.#qos = qos
    this.#window = window
    this.#rate = rate
    this.#sentAt = new Float64Array(count).fill(Number.NaN)
    this.#ackedAt = new Float64Array(count).fill(Number.NaN)
  }

  /** Whoever keeps to a rate does not send because there is an answer. */
  get hasRate() {
    return this.#rate !== undefined
  }

  /** Resolves when all is acknowledged; at QoS 0, where nothing is, when all is sent. */
  run() {
    return new Promise((resolve, reject) => {
      this.#complete = () => resolve({ sentAt: this.#sentAt, ackedAt: this.#ackedAt })
      const onLost = () => reject(new Error('The server closed a connection.'))
      for (const client of this.#clients) client.join(this, onLost)
      if (this.#qos === 0) this.pace(0)
      else if (this.#rate !== undefined) this.#keepPace(nowMs())
      else for (const client of this.#clients) client.fill()
    })
  }

  /** So many a second, whatever is answered; what could not be sent when it was due counts from then. */
  #keepPace(startedAt) {
    const due = Math.min(this.#count, Math.floor(((nowMs() - startedAt) * this.#rate) / 1e3))
    for (let misses = 0; this.#next < due && misses < this.#clients.length; ) {
      const at = this.#next
      const client = this.#clients[this.#turn]
      this.#turn = (this.#turn + 1) % this.#clients.length
      if (client.send(1) > 0) this.#sentAt[at] = startedAt + (at / this.#rate) * 1e3
      else misses += 1
    }
    if (this.#next < this.#count) setTimeout(() => this.#keepPace(startedAt), PACE_MS)
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
