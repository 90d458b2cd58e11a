/** What waits for one client at QoS 1 and 2 until it is acknowledged, in order. At its bound the oldest makes room. */
import type { AedesPublishPacket } from 'aedes'

/** As the broker keeps and updates it: a message, or the PUBREL that has taken its place. */
export interface WaitingPacket {
  cmd: 'publish' | 'pubrel'
  brokerId: string
  brokerCounter: number
  topic: string
  payload: Buffer
  qos: 0 | 1 | 2
  retain: boolean
  dup: boolean
  messageId: number | undefined
}

/** What tells one packet of the queue from all others: its number in the broker, or the packet id that it was given. */
export type PacketName = Partial<Pick<AedesPublishPacket, 'brokerCounter' | 'messageId'>> & {
  readonly cmd?: string
}

export interface QueueBounds {
  readonly queueMessages: number
  readonly queueBytes: number
}

export class WaitingQueue {
  readonly #bounds: QueueBounds
  /** By number, in the order in which they came. */
  readonly #packets = new Map<number, WaitingPacket>()
  /** The numbers by packet id. */
  readonly #numbers = new Map<number, number>()
  #bytes = 0

  constructor(bounds: QueueBounds) {
    this.#bounds = bounds
  }

  get size(): number {
    return this.#packets.size
  }

  /** As it stands: what is taken away meanwhile is still in it. */
  list(): WaitingPacket[] {
    return [...this.#packets.values()]
  }

  /** Gives how many older ones it has cost. */
  add(packet: WaitingPacket): number {
    this.#packets.set(packet.brokerCounter, packet)
    this.#bytes += packet.payload.length
    let dropped = 0
    for (const oldest of this.#packets.values()) {
      if (this.#packets.size <= this.#bounds.queueMessages && this.#bytes <= this.#bounds.queueBytes) break
      this.#delete(oldest)
      dropped += 1
    }
    return dropped
  }

  /** A message was sent with this packet id; or it was received (QoS 2), and only its PUBREL is to follow. */
  update({ cmd, brokerCounter, messageId }: PacketName): void {
    const known = this.#packets.get(brokerCounter ?? Number.NaN)
    const packet = known ?? this.#findById(messageId)
    if (packet === undefined) return
    if (cmd === 'pubrel') {
      this.#bytes -= packet.payload.length
      packet.cmd = 'pubrel'
      packet.payload = Buffer.alloc(0)
    }
    if (packet.messageId !== undefined) this.#numbers.delete(packet.messageId)
    packet.messageId = messageId
    if (messageId !== undefined) this.#numbers.set(messageId, packet.brokerCounter)
  }

  remove({ brokerCounter, messageId }: PacketName): WaitingPacket | undefined {
    const packet =
      messageId === undefined ? this.#packets.get(brokerCounter ?? Number.NaN) : this.#findById(messageId)
    if (packet !== undefined) this.#delete(packet)
    return packet
  }

  markSent(): void {
    for (const packet of this.#packets.values())
      if (packet.cmd === 'publish' && packet.messageId !== undefined) packet.dup = true
  }

  /** Drops what is not to be received any more. */
  narrow(mayReceive: (topic: string) => boolean): void {
    for (const packet of this.list()) if (!mayReceive(packet.topic)) this.#delete(packet)
  }

  #findById(messageId: number | undefined): WaitingPacket | undefined {
    const number = messageId === undefined ? undefined : this.#numbers.get(messageId)
    return number === undefined ? undefined : this.#packets.get(number)
  }

  #delete(packet: WaitingPacket): void {
    this.#packets.delete(packet.brokerCounter)
    this.#bytes -= packet.payload.length
    if (packet.messageId !== undefined) this.#numbers.delete(packet.messageId)
  }
}
