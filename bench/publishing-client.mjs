/** One MQTT client of the load generator: a socket, the frames of its devices, and the packet ids that are on their way. */
import { connect } from 'node:net'
import { AnswerReader, encodeConnect, PublishTemplate } from './mqtt-frames.mjs'
import { toTopic } from './shapes.mjs'

export class PublishingClient {
  inFlight
  #qos
  #login
  #socket
  #templates
  #frameLength
  #turn = 0
  /** The number that each packet id carries; packet ids are slots, counted from one. */
  #sequences
  #free
  #answers = new AnswerReader()
  #burst
  #onConnack = () => undefined
  #onLost = () => undefined

  constructor(login, qos, inFlight) {
    this.#login = login
    this.#qos = qos
    this.inFlight = inFlight
    this.#templates = login.devices.map(device => new PublishTemplate(toTopic(device), qos))
    this.#frameLength = Math.max(...this.#templates.map(template => template.length))
    this.#sequences = new Float64Array(inFlight)
    this.#free = Array.from({ length: inFlight }, (_, slot) => slot)
  }

  connect(port) {
    return new Promise((resolve, reject) => {
      this.#onConnack = code =>
        code === 0 ? resolve() : reject(new Error(`expected CONNACK with 0, got ${code}`))
      this.#onLost = () => reject(new Error('The server closed a connection before CONNACK.'))
      this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
      this.#socket.once('error', reject)
      this.#socket.once('close', () => this.#onLost())
      this.#socket.on('data', data => this.#receive(data))
      this.#socket.write(encodeConnect(this.#login))
    })
  }

  /** From now on it takes its readings from this burst. @param {import('./burst.mjs').Burst} burst */
  join(burst, onLost) {
    this.#burst = burst
    this.#onLost = onLost
  }

  /** Sends as many readings as it has free packet ids. */
  fill() {
    this.send(this.#free.length)
  }

  /** Sends up to `wanted` readings in one write; gives how many there were. */
  send(wanted) {
    const { first, count } = this.#burst.take(this.#qos === 0 ? wanted : Math.min(wanted, this.#free.length))
    if (count === 0) return 0
    const bytes = Buffer.allocUnsafe(count * this.#frameLength)
    let end = 0
    for (let sequence = first; sequence < first + count; sequence += 1) {
      const packetId = this.#qos === 0 ? 0 : this.#takePacketId(sequence)
      end = this.#templates[this.#turn].write(bytes, end, packetId, sequence)
      this.#turn = (this.#turn + 1) % this.#templates.length
    }
    this.#socket.write(bytes.subarray(0, end))
    return count
  }

  #takePacketId(sequence) {
    const slot = this.#free.pop()
    this.#sequences[slot] = sequence
    return slot + 1
  }

  #receive(data) {
    const acknowledged = []
    const onPuback = packetId => {
      acknowledged.push(this.#sequences[packetId - 1])
      this.#free.push(packetId - 1)
    }
    this.#answers.read(data, onPuback, this.#onConnack)
    if (acknowledged.length === 0) return
    this.#burst.acknowledge(acknowledged)
    if (!this.#burst.hasRate) this.fill()
  }
}
