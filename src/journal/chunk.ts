/** The record on disk: all messages of one tenant that one group commit took, with one checksum over them. */
import { crc32 } from 'node:zlib'
import { TromostError } from '../errors.ts'
import type { Message } from '../reading.ts'

/**
 * Layout, little endian: version u8, checksum u32 (CRC-32 of all that follows it), count u32, storedAt f64; then for each
 * message receivedAt f64, qos u8, device length u16, topic length u16, payload length u32, device, topic, payload.
 */
const VERSION = 1
const CHECKSUM_AT = 1
const BODY_AT = 5
const COUNT_AT = 5
const STORED_AT = 9
const HEADER_BYTES = 17
const MESSAGE_HEADER_BYTES = 17

/** Messages of one tenant, oldest first, as one record. */
export function encodeChunk(messages: readonly Message[], storedAt: number): Buffer {
  const chunk = Buffer.allocUnsafe(getChunkBytes(messages))
  chunk.writeUInt8(VERSION, 0)
  chunk.writeUInt32LE(messages.length, COUNT_AT)
  chunk.writeDoubleLE(storedAt, STORED_AT)
  let at = HEADER_BYTES
  for (const message of messages) {
    at = writeMessage(chunk, at, message)
  }
  chunk.writeUInt32LE(crc32(chunk.subarray(BODY_AT)), CHECKSUM_AT)
  return chunk
}

/** The messages of a record, as views into it. Throws CHUNK_CORRUPT when a byte of it is not as it was written. */
export function decodeChunk(chunk: Buffer, tenant: string): readonly Message[] {
  checkChunk(chunk)
  const count = chunk.readUInt32LE(COUNT_AT)
  const messages: Message[] = []
  let at = HEADER_BYTES
  for (let index = 0; index < count; index++) {
    const message = readMessage(chunk, at, tenant)
    at += getMessageBytes(message)
    messages.push(message)
  }
  return messages
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
  if (version !== VERSION) {
    throw new TromostError('CHUNK_CORRUPT', `expected version ${VERSION}, got ${version}`)
  }
  const expected = chunk.readUInt32LE(CHECKSUM_AT)
  const got = crc32(chunk.subarray(BODY_AT))
  if (got !== expected) {
    throw new TromostError('CHUNK_CORRUPT', `expected checksum ${expected}, got ${got}`)
  }
}

function getChunkBytes(messages: readonly Message[]): number {
  return messages.reduce((bytes, message) => bytes + getMessageBytes(message), HEADER_BYTES)
}

function getMessageBytes({ device, topic, payload }: Message): number {
  return MESSAGE_HEADER_BYTES + Buffer.byteLength(device) + Buffer.byteLength(topic) + payload.length
}

function writeMessage(
  chunk: Buffer,
  start: number,
  { device, topic, payload, receivedAt, qos }: Message,
): number {
  const deviceAt = start + MESSAGE_HEADER_BYTES
  const topicAt = deviceAt + chunk.write(device, deviceAt)
  const payloadAt = topicAt + chunk.write(topic, topicAt)
  chunk.writeDoubleLE(receivedAt, start)
  chunk.writeUInt8(qos, start + 8)
  chunk.writeUInt16LE(topicAt - deviceAt, start + 9)
  chunk.writeUInt16LE(payloadAt - topicAt, start + 11)
  chunk.writeUInt32LE(payload.length, start + 13)
  payload.copy(chunk, payloadAt)
  return payloadAt + payload.length
}

function readMessage(chunk: Buffer, start: number, tenant: string): Message {
  const deviceAt = start + MESSAGE_HEADER_BYTES
  const topicAt = deviceAt + chunk.readUInt16LE(start + 9)
  const payloadAt = topicAt + chunk.readUInt16LE(start + 11)
  const end = payloadAt + chunk.readUInt32LE(start + 13)
  return {
    tenant,
    device: chunk.toString('utf8', deviceAt, topicAt),
    topic: chunk.toString('utf8', topicAt, payloadAt),
    payload: chunk.subarray(payloadAt, end),
    receivedAt: chunk.readDoubleLE(start),
    qos: toQos(chunk.readUInt8(start + 8)),
  }
}

function toQos(value: number): Message['qos'] {
  return value === 2 ? 2 : value === 1 ? 1 : 0
}
