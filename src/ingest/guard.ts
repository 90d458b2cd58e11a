/**
 * Stands between a socket and aedes. Nothing that is too large, comes before its time or after DISCONNECT gets through; and a
 * plain PUBLISH of a sensor takes a short way, past the parser and the queues of the broker, which it does not need.
 */
import { Duplex } from 'node:stream'
import { TromostError } from '../errors.ts'
import { Acknowledgements } from './acknowledgements.ts'
import { endWith } from './end-with.ts'
import type { Done, GuardOptions, TakePublish } from './guard-options.ts'
import { onceDrained } from './once-drained.ts'
import { PacketReader } from './packet-reader.ts'
import { readLevel } from './packets/connect.ts'
import type { Dialect } from './packets/dialect.ts'
import { DISCONNECT, PUBLISH_TYPE } from './packets/kinds.ts'
import { Mqtt3 } from './packets/mqtt3.ts'
import { Mqtt5 } from './packets/mqtt5.ts'
import { getReason } from './packets/mqtt5-reasons.ts'
import type { Reason } from './packets/packet-fault.ts'
import { checkStart } from './packets/start.ts'
import { readPublish } from './publish-packet.ts'
import { Silence } from './silence.ts'
import { Timer } from './timer.ts'
import { Waiting } from './waiting.ts'

export class Guard extends Duplex {
  readonly #socket: Duplex
  readonly #options: GuardOptions
  readonly #acknowledgements = new Acknowledgements(packets => this.#writeAcknowledgements(packets))
  readonly #reader = new PacketReader()
  /** What the client is told where somebody else ends the connection. */
  lastWord: Reason | undefined
  #stage: 'connect' | 'login' | 'open' | 'over' = 'connect'
  #dialect: Dialect = new Mqtt3()
  #take: TakePublish = () => false
  /** Whatever becomes of the socket after DISCONNECT, the will is not to be sent (MQTT-3.14.4-3). */
  #isEnding = false
  /** Messages that took the short way and are not answered yet. */
  readonly #waiting = new Waiting()
  /** Messages that took the long way. Until they are answered all others have to follow them, to stay in order. */
  #onLongWay = 0
  #isAedesFull = false
  #isReading = true
  /** The socket gives no more; what it gave may still be held. */
  #isAtEnd = false
  readonly #hold = new Timer(() => this.#passPackets())
  readonly #silence = new Silence(
    () => this.#isReading,
    fault => this.#end(fault),
  )
  readonly #unread = new Timer(() =>
    this.#end(new TromostError('SUBSCRIBER_SLOW', 'acknowledgements are not read')),
  )

  constructor(socket: Duplex, options: GuardOptions) {
    super()
    this.#socket = socket
    this.#options = options
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('end', () => {
      this.#isAtEnd = true
      this.#regulate()
    })
    // After its end aedes is still to read what came before.
    socket.on('close', () => {
      if (this.#isEnding) this.push(null)
      else if (!socket.readableEnded) this.destroy()
    })
    socket.on('error', error => {
      if (!this.#isEnding) this.destroy(error)
    })
    socket.on('drain', () => {
      this.#unread.cancel()
      this.#regulate()
    })
  }

  /** The client is logged in: whatever else it has sent and sends may pass. */
  open(take: TakePublish): void {
    if (this.#stage !== 'login') return
    this.#take = take
    this.#stage = 'open'
    this.#reader.packetBytesMax = this.#options.packetBytesMax
    this.#passPackets()
  }

  /** Whether the session is to outlive a connection that began it anew. */
  get keepsSession(): boolean {
    return this.#dialect.keepsSession
  }

  /** The client sends more than it may: for so long it is not heard. What it sends meanwhile waits, in the end on its side. */
  hold(milliseconds: number): void {
    this.#hold.begin(milliseconds)
  }

  /** A message that took the long way is answered. */
  answered(): void {
    // Not before its own answer is written.
    setImmediate(() => {
      this.#onLongWay -= 1
    })
  }

  override _read(): void {
    this.#isAedesFull = false
    this.#regulate()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    try {
      this.#writeOut(this.#dialect.toClient(chunk), done)
    } catch (error) {
      if (!(error instanceof TromostError)) throw error
      this.#options.onFault(error)
      done(error)
    }
  }

  #writeOut(chunk: Buffer, done: Done): void {
    if (chunk.length === 0 || this.#socket.destroyed || this.#socket.write(chunk)) done()
    else onceDrained(this.#socket, done)
  }

  /** aedes writes a packet in pieces; they leave as one. */
  override _writev(pieces: readonly { readonly chunk: Buffer }[], done: Done): void {
    this._write(Buffer.concat(pieces.map(({ chunk }) => chunk)), 'binary', done)
  }

  override _final(done: Done): void {
    this.#socket.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const word = this.#dialect.getFarewell(getReason(error) ?? this.lastWord, this.#stage === 'open')
    const farewell = this.#stage === 'over' ? undefined : word
    this.#stage = 'over'
    for (const timer of [this.#silence, this.#unread, this.#hold]) timer.cancel()
    if (farewell === undefined) this.#socket.destroy()
    else endWith(this.#socket, farewell)
    done(error)
  }

  #read(chunk: Buffer): void {
    if (this.#stage === 'over') return
    this.#silence.refresh()
    this.#passPackets(chunk)
  }

  #passPackets(chunk?: Buffer): void {
    try {
      if (chunk !== undefined) this.#append(chunk)
      while (this.#mayPass && this.#reader.next()) this.#passPacket()
    } catch (error) {
      if (!(error instanceof TromostError)) throw error
      this.#end(error)
    }
    this.#regulate()
  }

  get #mayPass(): boolean {
    return this.#stage !== 'login' && this.#stage !== 'over' && !this.#hold.isOn
  }

  #append(chunk: Buffer): void {
    if (this.#stage === 'connect' && this.#reader.isEmpty) checkStart(chunk)
    this.#reader.append(chunk)
  }

  #passPacket(): void {
    const head = this.#reader.bytes[this.#reader.start] ?? 0
    if (this.#stage === 'connect') this.#passConnect()
    else if (head >> 4 !== PUBLISH_TYPE) this.#passOn(head)
    else if (!this.#takePublish()) {
      this.#onLongWay += 1
      this.#passOn(head)
    }
  }

  #passConnect(): void {
    if (readLevel(this.#reader) === 5) {
      const toBroker = (packet: Buffer) => this.#pushOn(packet)
      const toClient = (packet: Buffer) => void this.#socket.write(packet)
      this.#dialect = new Mqtt5({ ...this.#options, wires: { toBroker, toClient } })
    }
    const { packet, keepAliveSeconds } = this.#dialect.toConnect(this.#reader)
    // aedes would take a client for silent whose messages it does not see.
    this.#silence.begin(keepAliveSeconds, this.#options.idleTimeoutMs)
    this.#stage = 'login'
    this.#pushOn(packet)
  }

  #takePublish(): boolean {
    const packet = readPublish(this.#reader, this.#dialect.hasProperties)
    // The id and the length alone: what waits for the disk by the thousand is to keep nothing else alive.
    const { id } = packet
    const { length } = packet.payload
    const isTaken = this.#take(packet, this.#onLongWay === 0, error => this.#answer(id, length, error))
    if (!isTaken) return false
    this.#waiting.add(length)
    return true
  }

  #passOn(head: number): void {
    const packet = this.#dialect.toBroker(this.#reader)
    if (packet !== undefined) this.#pushOn(packet)
    if (head !== DISCONNECT) return
    this.#stage = 'over'
    this.#isEnding = true
    // An end, and no DISCONNECT: the will is to be sent.
    if (packet === undefined) this.push(null)
  }

  #pushOn(packet: Buffer): void {
    if (!this.push(packet)) this.#isAedesFull = true
  }

  #answer(id: number, length: number, error: Error | null | undefined): void {
    this.#waiting.remove(length)
    if (error) this.destroy(error)
    else if (id !== 0) this.#acknowledgements.add(id)
    if (!this.#isReading) this.#regulate()
  }

  #writeAcknowledgements(packets: Buffer): void {
    if (this.destroyed || this.#socket.write(packets)) return
    if (!this.#unread.isOn) this.#unread.begin(this.#options.drainTimeoutMs)
    this.#regulate()
  }

  /** Reads on only while there is room for what comes. */
  #regulate(): void {
    if (this.#isAtEnd && !this.#hold.isOn) this.push(null)
    const isReading =
      this.#stage !== 'login' &&
      !this.#waiting.isFull &&
      !this.#isAedesFull &&
      !this.#hold.isOn &&
      !this.#unread.isOn
    if (isReading === this.#isReading) return
    this.#isReading = isReading
    if (isReading) this.#socket.resume()
    else this.#socket.pause()
  }

  #end(fault: TromostError): void {
    this.#options.onFault(fault)
    this.destroy(fault)
  }
}
