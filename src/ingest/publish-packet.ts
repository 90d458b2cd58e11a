/** A PUBLISH (MQTT 3.1.1, 3.3), read in place. */
import { TromostError } from '../errors.ts'
import type { PacketReader } from './packet-reader.ts'
import { PacketFault, REASONS } from './packets/packet-fault.ts'
import { PacketFields } from './packets/packet-fields.ts'
import { PROPERTY, readProperties } from './packets/properties.ts'

export interface PublishPacket {
  /** The bytes of the topic, each as one character: a key that costs no decoding. */
  readonly topicKey: string
  readonly qos: 0 | 1 | 2
  readonly isRetained: boolean
  readonly isRedelivery: boolean
  /** 0 at QoS 0. */
  readonly id: number
  /** A view into what the socket gave, good for as long as the call that it is handed to. */
  readonly payload: Buffer
}

const RETAIN = 0b0001
const DUP = 0b1000
const QUALITIES = [0, 1, 2] as const

/** `hasProperties` from MQTT 5 on. */
export function readPublish(packet: PacketReader, hasProperties = false): PublishPacket {
  const { bytes, start, bodyAt, end } = packet
  const flags = bytes[start] ?? 0
  const qos = QUALITIES[(flags >> 1) & 0b11]
  if (qos === undefined) throw createFault('QoS 0, 1 or 2')
  if (qos === 0 && (flags & DUP) !== 0) throw createFault('nothing to be sent again at QoS 0')
  const topicAt = bodyAt + 2
  const idAt = topicAt <= end ? topicAt + bytes.readUInt16BE(bodyAt) : Number.POSITIVE_INFINITY
  const restAt = qos === 0 ? idAt : idAt + 2
  if (restAt > end) throw createFault('a topic and a packet id that end within the packet')
  const id = qos === 0 ? 0 : bytes.readUInt16BE(idAt)
  if (qos !== 0 && id === 0) throw createFault('a packet id other than 0')
  const payloadAt = hasProperties ? skipProperties({ bytes, bodyAt: restAt, end }) : restAt
  return {
    topicKey: bytes.toString('latin1', topicAt, idAt),
    qos,
    isRetained: (flags & RETAIN) !== 0,
    isRedelivery: (flags & DUP) !== 0,
    id,
    payload: bytes.subarray(payloadAt, end),
  }
}

/** Where the payload begins. */
function skipProperties(rest: Pick<PacketReader, 'bytes' | 'bodyAt' | 'end'>): number {
  // Most publishers send none.
  if (rest.bytes[rest.bodyAt] === 0 && rest.bodyAt < rest.end) return rest.bodyAt + 1
  const fields = new PacketFields(rest, 'PUBLISH')
  if (readProperties(fields, 'PUBLISH').has(PROPERTY.topicAlias)) {
    throw new PacketFault('PUBLISH: expected no topic alias', REASONS.topicAlias)
  }
  return rest.end - fields.readRest().length
}

function createFault(expectation: string): TromostError {
  return new TromostError('PACKET_MALFORMED', `PUBLISH: expected ${expectation}`)
}
