/** CONNACK of MQTT 5 (MQTT 5.0, 3.2): what is served, and what is not. */
import { encodeBytes, encodeNumber, encodePacket } from './encode.ts'
import { CONNACK } from './kinds.ts'
import { fromConnack } from './mqtt5-reasons.ts'
import { PROPERTY } from './properties.ts'

export interface Served {
  /** The one that was chosen for the client, where it gave none. */
  readonly assignedClientId: string | undefined
  /** How long its session is kept after it is gone, where that is not what it asked for. */
  readonly sessionExpirySeconds: number | undefined
  readonly packetBytesMax: number
  /** Messages at QoS 1 and 2 that may be on their way to us at once. */
  readonly receiveMax: number
}

/** Of a connection that is accepted. */
export function encodeConnack(flags: number, served: Served): Buffer {
  const { assignedClientId, sessionExpirySeconds, packetBytesMax, receiveMax } = served
  const properties = [
    property(PROPERTY.receiveMax, encodeNumber(receiveMax)),
    property(PROPERTY.packetBytesMax, encodeLong(packetBytesMax)),
    property(PROPERTY.hasSubscriptionIds, Buffer.from([0])),
    property(PROPERTY.hasSharedSubscriptions, Buffer.from([0])),
  ]
  if (assignedClientId !== undefined) {
    properties.push(property(PROPERTY.assignedClientId, encodeBytes(Buffer.from(assignedClientId))))
  }
  if (sessionExpirySeconds !== undefined) {
    properties.push(property(PROPERTY.sessionExpiry, encodeLong(sessionExpirySeconds)))
  }
  const all = Buffer.concat(properties)
  // Less than 128 bytes, so that one says how many.
  return encodePacket(CONNACK, [Buffer.from([flags, 0, all.length]), all])
}

/** Of one that is not, with the return code of MQTT 3.1.1. */
export function encodeRefusal(returnCode: number): Buffer {
  return Buffer.from([CONNACK, 3, 0, fromConnack(returnCode), 0])
}

function property(id: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([id]), value])
}

function encodeLong(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(Math.min(value, 0xffff_ffff))
  return bytes
}
