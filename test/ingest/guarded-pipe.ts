/** A guard between a client of bytes and whoever takes the place of aedes: what it lets through, what it answers, and why it closes. */
import { type Duplex, duplexPair } from 'node:stream'
import type { TromostError } from '../../src/errors.ts'
import { Guard } from '../../src/ingest/guard.ts'
import type { GuardOptions } from '../../src/ingest/guard-options.ts'
import type { PublishPacket } from '../../src/ingest/publish-packet.ts'
import { readTopicName } from '../../src/ingest/topic-name.ts'

/** What the pipe does with a PUBLISH: checks its topic as the broker does, and takes it on the short way or not. */
export type TakesShort = (packet: PublishPacket) => boolean

export const GUARD_OPTIONS: GuardOptions = {
  packetBytesMax: 65_536,
  receiveMax: 100,
  sessionExpirySeconds: 3_600,
  drainTimeoutMs: 60_000,
  idleTimeoutMs: 60_000,
  onFault: () => undefined,
}

export class GuardedPipe {
  readonly guard: Guard
  readonly faults: TromostError[] = []
  readonly #client: Duplex
  readonly #socket: Duplex
  readonly #passed: Buffer[] = []
  readonly #answers: Buffer[] = []
  isClosed = false

  /** Lets a client in as soon as its CONNECT is there. */
  constructor(takesShort: TakesShort = () => false) {
    const [client, socket] = duplexPair()
    this.#client = client
    this.#socket = socket
    this.guard = new Guard(socket, { ...GUARD_OPTIONS, onFault: fault => this.faults.push(fault) })
    this.guard.on('data', (bytes: Buffer) => {
      this.#passed.push(bytes)
      this.guard.open((packet, _mayBeShort, done) => {
        readTopicName(Buffer.from(packet.topicKey, 'latin1'))
        const isTaken = takesShort(packet)
        if (isTaken) done()
        return isTaken
      })
    })
    this.guard.on('error', () => undefined)
    client.on('data', (bytes: Buffer) => this.#answers.push(bytes))
    client.on('error', () => undefined)
    this.guard.on('close', () => {
      this.isClosed = true
    })
  }

  send(...packets: readonly Buffer[]): void {
    for (const packet of packets) this.#client.write(packet)
  }

  /** All that aedes would have read. */
  get passed(): Buffer {
    return Buffer.concat(this.#passed)
  }

  /** All that the client was sent. */
  get answers(): Buffer {
    return Buffer.concat(this.#answers)
  }

  /** As when a network fails. */
  breakOff(): void {
    this.#socket.destroy(new Error('ECONNRESET'))
  }

  close(): void {
    this.guard.destroy()
    this.#client.destroy()
  }
}
