/** Packets as bytes. */
import type { ConnectPacket } from './connect.ts'

const CONNECT = 0x10
/** MQTT 3.1.1: name, length before it, and level. */
const PROTOCOL = Buffer.from('\0\x04MQTT\x04', 'latin1')

/** A CONNECT of MQTT 3.1.1 that asks for no keep-alive: that is for us to watch over. */
export function encodeConnect({ clientId, isClean, will, username, password }: ConnectPacket): Buffer {
  const flags =
    (isClean ? 0x02 : 0) |
    (will === undefined ? 0 : 0x04 | (will.qos << 3) | (will.isRetained ? 0x20 : 0)) |
    (password === undefined ? 0 : 0x40) |
    (username === undefined ? 0 : 0x80)
  const fields: Buffer[] = [Buffer.from(clientId)]
  if (will !== undefined) fields.push(Buffer.from(will.topic), will.payload)
  if (username !== undefined) fields.push(Buffer.from(username))
  if (password !== undefined) fields.push(password)
  return encodePacket(CONNECT, [PROTOCOL, Buffer.from([flags, 0, 0]), ...fields.map(encodeBytes)])
}

export function encodePacket(head: number, parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([Buffer.from([head]), encodeLength(length), ...parts])
}

/** With its length before it. */
export function encodeBytes(bytes: Buffer): Buffer {
  return Buffer.concat([encodeNumber(bytes.length), bytes])
}

export function encodeNumber(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff])
}

/** Seven bits in each byte, the lowest first (MQTT 3.1.1, 2.2.3). */
function encodeLength(length: number): Buffer {
  const bytes: number[] = []
  let rest = length
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>= 7
  }
  return Buffer.from([...bytes, rest])
}
