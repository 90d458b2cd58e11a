/** Which packets a client may send once it is connected, and how each has to begin (MQTT 3.1.1, 2.2). */
import { PacketFault, REASONS } from './packet-fault.ts'

export const CONNECT = 0x10
export const CONNACK = 0x20
export const PUBACK = 0x40
export const PUBREC = 0x50
export const PUBREL = 0x62
export const PUBCOMP = 0x70
export const SUBSCRIBE = 0x82
export const SUBACK = 0x90
export const UNSUBSCRIBE = 0xa2
export const UNSUBACK = 0xb0
export const PINGREQ = 0xc0
export const DISCONNECT = 0xe0

/** By the four upper bits of the first byte. */
export const PUBLISH_TYPE = 3

const NAMES = new Map([
  [CONNECT, 'CONNECT'],
  [CONNACK, 'CONNACK'],
  [PUBACK, 'PUBACK'],
  [PUBREC, 'PUBREC'],
  [PUBREL, 'PUBREL'],
  [PUBCOMP, 'PUBCOMP'],
  [SUBSCRIBE, 'SUBSCRIBE'],
  [SUBACK, 'SUBACK'],
  [UNSUBSCRIBE, 'UNSUBSCRIBE'],
  [UNSUBACK, 'UNSUBACK'],
  [PINGREQ, 'PINGREQ'],
  [0xd0, 'PINGRESP'],
  [DISCONNECT, 'DISCONNECT'],
  [0xf0, 'AUTH'],
])

/** For a first byte that a client may not send now. */
export function createKindFault(head: number): PacketFault {
  const got = toHex(head)
  if (head === CONNECT) return new PacketFault('expected CONNECT only once', REASONS.protocolError)
  const right = [...NAMES.keys()].find(known => known >> 4 === head >> 4)
  if (right !== undefined && right !== head) {
    return new PacketFault(`${NAMES.get(right)}: expected ${toHex(right)} as first byte, got ${got}`)
  }
  const name = NAMES.get(head) ?? 'no packet of MQTT'
  return new PacketFault(`expected a packet that clients send, got ${got} (${name})`, REASONS.protocolError)
}

export function toHex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`
}
