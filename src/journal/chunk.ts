/** The record on disk: all messages of one tenant that one group commit took, with one checksum over them. */
import { crc32 } from 'node:zlib'
import { TromostError } from '../errors.ts'
import type { Message, MessageNote } from '../reading.ts'

/**
 * Layout, little endian: version u8, checksum u32 (CRC-32 of all that follows it), count u32, storedAt f64; then for each
 * message receivedAt f64, qos u8 (with the flags below), device length u16, topic length u16, payload length u32,
 * device, topic, payload, and where the flags say so the packet id u16, and a note as length u32 and JSON (version 2).
 */
const VERSION = 1
/** Some messages have a note, or are forgotten. */
const NOTED_VERSION = 2
const CHECKSUM_AT = 1
const BODY_AT = 5
const COUNT_AT = 5
const STORED_AT = 9
const HEADER_BYTES = 17
const MESSAGE_HEADER_BYTES = 17
/** Nearly all names are ASCII, and those are read in half the time. */
const IS_ASCII = 0x80
const IS_REDELIVERY = 0x40
const HAS_PACKET_ID = 0x20
const HAS_NOTE = 0x10
const IS_FORGOTTEN = 0x08
const QOS_BITS = 0b11
const PACKET_ID_BYTES = 2
const NOTE_LENGTH_BYTES = 4

/** A UTF-16 unit takes at most three bytes in UTF-8. */
const UTF8_BYTES_PER_UNIT = 3
const BUFFER_BYTES_MIN = 16 * 1024
/** A buffer that one large commit made larger than this is given back. */
const BUFFER_BYTES_KEPT = 4 * 1024 * 1024

/**
 * Takes messages as they come and copies their bytes at once, so that nothing of what a socket read stays alive until the
 * commit: what lives that long would be copied by the garbage collector as well.
 */
export class ChunkWriter {
  #buffer = Buffer.allocUnsafe(BUFFER_BYTES_MIN)
  #end = HEADER_BYTES
  #count = 0
  #version = VERSION

  /** How many messages wait for `finish`. */
  get count(): number {
    return this.#count
  }

  append(message: Message): void {
    const { device, topic, payload, receivedAt, packetId = 0 } = message
    const texts = (device.length + topic.length) * UTF8_BYTES_PER_UNIT
    this.#reserve(MESSAGE_HEADER_BYTES + texts + payload.length + PACKET_ID_BYTES)
    const chunk = this.#buffer
    const start = this.#end
    const deviceAt = start + MESSAGE_HEADER_BYTES
    const topicAt = deviceAt + chunk.write(device, deviceAt)
    const payloadAt = topicAt + chunk.write(topic, topicAt)
    chunk.writeDoubleLE(receivedAt, start)
    const isAscii = payloadAt - deviceAt === device.length + topic.length
    chunk.writeUInt8(toFlags(message) | (isAscii ? IS_ASCII : 0), start + 8)
    chunk.writeUInt16LE(topicAt - deviceAt, start + 9)
    chunk.writeUInt16LE(payloadAt - topicAt, start + 11)
    chunk.writeUInt32LE(payload.length, start + 13)
    payload.copy(chunk, payloadAt)
    const payloadEnd = payloadAt + payload.length
    if (packetId !== 0) chunk.writeUInt16LE(packetId, payloadEnd)
    this.#end = packetId === 0 ? payloadEnd : payloadEnd + PACKET_ID_BYTES
    this.#count += 1
    if (message.note !== undefined) this.#appendNote(JSON.stringify(message.note))
    if (message.note !== undefined || message.isForgotten) this.#version = NOTED_VERSION
  }

  #appendNote(note: string): void {
    const length = Buffer.byteLength(note)
    this.#reserve(NOTE_LENGTH_BYTES + length)
    this.#buffer.writeUInt32LE(length, this.#end)
    this.#buffer.write(note, this.#end + NOTE_LENGTH_BYTES)
    this.#end += NOTE_LENGTH_BYTES + length
  }

  /** The record of all messages since the last one, oldest first, in a buffer of its own. */
  finish(storedAt: number): Buffer {
    const chunk = Buffer.from(this.#buffer.subarray(0, this.#end))
    chunk.writeUInt8(this.#version, 0)
    chunk.writeUInt32LE(this.#count, COUNT_AT)
    chunk.writeDoubleLE(storedAt, STORED_AT)
    chunk.writeUInt32LE(getChecksum(chunk), CHECKSUM_AT)
    this.#end = HEADER_BYTES
    this.#count = 0
    this.#version = VERSION
    if (this.#buffer.length > BUFFER_BYTES_KEPT) this.#buffer = Buffer.allocUnsafe(BUFFER_BYTES_MIN)
    return chunk
  }

  #reserve(bytes: number): void {
    const needed = this.#end + bytes
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(grown, 0, 0, this.#end)
    this.#buffer = grown
  }
}

/** Reads a record message by message, as views into it. Throws CHUNK_CORRUPT at once when a byte of it is not as it was written. */
export class ChunkReader {
  readonly #chunk: Buffer
  readonly #tenant: string
  #at = HEADER_BYTES
  #left: number

  constructor(chunk: Buffer, tenant: string) {
    checkChunk(chunk)
    this.#chunk = chunk
    this.#tenant = tenant
    this.#left = chunk.readUInt32LE(COUNT_AT)
  }

  /** Whether there is more to know about some of its messages than what they say. */
  get hasNotes(): boolean {
    return this.#chunk.readUInt8(0) === NOTED_VERSION
  }

  /** How many messages are still to be read. */
  get left(): number {
    return this.#left
  }

  /** The next messages, so many at most. */
  take(count: number): readonly Message[] {
    const messages: Message[] = []
    for (; messages.length < count && this.#left > 0; this.#left--) messages.push(this.#next())
    return messages
  }

  #next(): Message {
    const chunk = this.#chunk
    const start = this.#at
    const deviceAt = start + MESSAGE_HEADER_BYTES
    const topicAt = deviceAt + chunk.readUInt16LE(start + 9)
    const payloadAt = topicAt + chunk.readUInt16LE(start + 11)
    const payloadEnd = payloadAt + chunk.readUInt32LE(start + 13)
    const flags = chunk.readUInt8(start + 8)
    const hasPacketId = (flags & HAS_PACKET_ID) !== 0
    this.#at = hasPacketId ? payloadEnd + PACKET_ID_BYTES : payloadEnd
    const note = (flags & HAS_NOTE) === 0 ? undefined : this.#takeNote()
    const encoding = (flags & IS_ASCII) === 0 ? 'utf8' : 'latin1'
    return {
      tenant: this.#tenant,
      device: chunk.toString(encoding, deviceAt, topicAt),
      topic: chunk.toString(encoding, topicAt, payloadAt),
      payload: chunk.subarray(payloadAt, payloadEnd),
      receivedAt: chunk.readDoubleLE(start),
      qos: toQos(flags & QOS_BITS),
      packetId: hasPacketId ? chunk.readUInt16LE(payloadEnd) : undefined,
      isRedelivery: (flags & IS_REDELIVERY) !== 0 || undefined,
      note,
      isForgotten: (flags & IS_FORGOTTEN) !== 0 || undefined,
    }
  }

  #takeNote(): MessageNote {
    const start = this.#at + NOTE_LENGTH_BYTES
    this.#at = start + this.#chunk.readUInt32LE(this.#at)
    return JSON.parse(this.#chunk.toString('utf8', start, this.#at)) as MessageNote
  }
}

/** Of all that follows it, with the version where there are several. */
function getChecksum(chunk: Buffer): number {
  const version = chunk.readUInt8(0)
  return crc32(chunk.subarray(BODY_AT), version === VERSION ? 0 : version)
}

/** How many messages a record says that it holds. */
export function getChunkCount(chunk: Buffer): number {
  return chunk.length < HEADER_BYTES ? 0 : chunk.readUInt32LE(COUNT_AT)
}

/** When a record was stored, in milliseconds since the epoch. */
export function getChunkStoredAt(chunk: Buffer): number {
  return chunk.length < HEADER_BYTES ? 0 : chunk.readDoubleLE(STORED_AT)
}

function checkChunk(chunk: Buffer): void {
  if (chunk.length < HEADER_BYTES) {
    throw new TromostError('CHUNK_CORRUPT', `expected at least ${HEADER_BYTES} bytes, got ${chunk.length}`)
  }
  const version = chunk.readUInt8(0)
  if (version !== VERSION && version !== NOTED_VERSION) {
    throw new TromostError('CHUNK_CORRUPT', `expected version ${VERSION} or ${NOTED_VERSION}, got ${version}`)
  }
  const expected = chunk.readUInt32LE(CHECKSUM_AT)
  const got = getChecksum(chunk)
  if (got !== expected) {
    throw new TromostError('CHUNK_CORRUPT', `expected checksum ${expected}, got ${got}`)
  }
}

function toFlags({ qos, packetId = 0, isRedelivery = false, note, isForgotten = false }: Message): number {
  const known = (note === undefined ? 0 : HAS_NOTE) | (isForgotten ? IS_FORGOTTEN : 0)
  return qos | (isRedelivery ? IS_REDELIVERY : 0) | (packetId === 0 ? 0 : HAS_PACKET_ID) | known
}

/** What takes the place of a message that is forgotten: as long as it was, and of nothing but zeros. */
export function toForgotten({
  tenant,
  device,
  topic,
  payload,
  packetId = 0,
  note,
  receivedAt,
}: Message): Message {
  const noteBytes = note === undefined ? 0 : NOTE_LENGTH_BYTES + Buffer.byteLength(JSON.stringify(note))
  const names = Buffer.byteLength(device) + Buffer.byteLength(topic)
  const bytes = names + payload.length + (packetId === 0 ? 0 : PACKET_ID_BYTES) + noteBytes
  return {
    tenant,
    device: '',
    topic: '',
    payload: Buffer.alloc(bytes),
    receivedAt,
    qos: 0,
    isForgotten: true,
  }
}

function toQos(value: number): Message['qos'] {
  return value === 2 ? 2 : value === 1 ? 1 : 0
}

/** All messages of a chunk; none of one that cannot be read, which the lane has put into quarantine. */
export function readMessages(chunk: Buffer, tenant: string): readonly Message[] {
  try {
    return new ChunkReader(chunk, tenant).take(Number.POSITIVE_INFINITY)
  } catch {
    return []
  }
}
