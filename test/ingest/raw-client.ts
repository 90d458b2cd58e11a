/** MQTT 3.1.1 byte by byte: for what a well-behaved client library would not send, or would not show. */
import { connect, type Socket } from 'node:net'
import { PASSWORD } from './test-client.ts'

const CONNACK = 2
const PUBACK = 4

interface RawPacket {
  readonly type: number
  /** The four lower bits of the first byte. */
  readonly flags: number
  readonly body: Buffer
}

export class RawClient {
  readonly packets: RawPacket[] = []
  isClosed = false
  readonly #socket: Socket
  #rest = Buffer.alloc(0)

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', data => this.#take(data))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.isClosed = true
    })
  }

  /** From an address of this machine, of which there are many: 127.0.0.1 to 127.255.255.254. */
  static connect(port: number, localAddress = '127.0.0.1'): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', localAddress }, () => resolve(new RawClient(socket)))
      socket.once('error', reject)
    })
  }

  /** Sends packets in one write. */
  send(...packets: readonly Buffer[]): void {
    this.#socket.write(Buffer.concat(packets))
  }

  get isConnected(): boolean {
    return this.packets.some(({ type, body }) => type === CONNACK && body[1] === 0)
  }

  /** Packet ids of the PUBACKs, in the order in which they came. */
  get acknowledged(): readonly number[] {
    return this.packets.filter(({ type }) => type === PUBACK).map(({ body }) => body.readUInt16BE(0))
  }

  /** Reads nothing any more. */
  freeze(): void {
    this.#socket.pause()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #take(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data])
    while (this.#rest.length >= 2 && this.#rest.length >= 2 + this.#rest.readUInt8(1)) {
      const end = 2 + this.#rest.readUInt8(1)
      const head = this.#rest.readUInt8(0)
      this.packets.push({ type: head >> 4, flags: head & 0x0f, body: this.#rest.subarray(2, end) })
      this.#rest = this.#rest.subarray(end)
    }
  }
}

/** A CONNECT with a clean session, and a keep-alive in seconds. */
export function encodeConnect(username: string, clientId: string, keepAlive = 60): Buffer {
  const fields = [clientId, username, PASSWORD].map(encodeText)
  return encodePacket(0x10, [encodeText('MQTT'), Buffer.from([4, 0b1100_0010, 0, keepAlive]), ...fields])
}

/** A PUBLISH at QoS 1. */
export function encodePublish(id: number, topic: string, payload = ''): Buffer {
  return encodePacket(0x32, [encodeText(topic), encodeNumber(id), Buffer.from(payload)])
}

export function encodePacket(head: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([head, ...encodeLength(body.length)]), body])
}

/** A remaining length (MQTT 3.1.1, 2.2.3). */
function encodeLength(length: number): readonly number[] {
  return length < 128 ? [length] : [0x80 + (length % 128), ...encodeLength(Math.floor(length / 128))]
}

export function encodeText(text: string): Buffer {
  return Buffer.concat([encodeNumber(Buffer.byteLength(text)), Buffer.from(text)])
}

export function encodeNumber(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff])
}
