/** MQTT 3.1.1, and 3.1: what a client sends is checked and passed on as it came. */
import type { PacketReader } from '../packet-reader.ts'
import { createClientId, readConnect } from './connect.ts'
import type { Dialect, Introduction } from './dialect.ts'
import { encodeConnect, encodeNumber, encodePacket } from './encode.ts'
import {
  createKindFault,
  DISCONNECT,
  PINGREQ,
  PUBACK,
  PUBCOMP,
  PUBLISH_TYPE,
  PUBREC,
  PUBREL,
  SUBACK,
  SUBSCRIBE,
  UNSUBSCRIBE,
} from './kinds.ts'
import { mapPackets } from './map-packets.ts'
import { REASONS } from './packet-fault.ts'
import { PacketFields } from './packet-fields.ts'
import { SubscribeAnswers } from './subscribe-answers.ts'
import { readSubscribe, readUnsubscribe } from './subscriptions.ts'

const ACKNOWLEDGEMENTS = new Map([
  [PUBACK, 'PUBACK'],
  [PUBREC, 'PUBREC'],
  [PUBREL, 'PUBREL'],
  [PUBCOMP, 'PUBCOMP'],
])
const EMPTY = new Map([
  [PINGREQ, 'PINGREQ'],
  [DISCONNECT, 'DISCONNECT'],
])
/** Those of CONNACK (MQTT 3.1.1, table 3.1). */
const CONNACK_CODES = new Map<number, number>([
  [REASONS.version, 1],
  [REASONS.clientId, 2],
])

export class Mqtt3 implements Dialect {
  readonly hasProperties = false
  readonly keepsSession = false
  readonly #answers = new SubscribeAnswers()

  toConnect(packet: PacketReader): Introduction {
    const connect = readConnect(packet)
    const { keepAliveSeconds, clientId } = connect
    return { packet: encodeConnect({ ...connect, clientId: clientId || createClientId() }), keepAliveSeconds }
  }

  /** PUBLISH was looked at before. */
  toBroker(packet: PacketReader): Buffer {
    const { bytes, start, end } = packet
    const head = bytes[start] ?? 0
    if (head === SUBSCRIBE) return this.#toSubscribe(packet)
    if (head === UNSUBSCRIBE) readUnsubscribe(packet)
    else if (head >> 4 !== PUBLISH_TYPE) checkShort(packet, head)
    return bytes.subarray(start, end)
  }

  toClient(written: Buffer): Buffer {
    if (!this.#answers.isWaiting) return written
    return mapPackets(written, packet => this.#toSuback(packet))
  }

  /** There is no word for it but in CONNACK. */
  getFarewell(reason: number | undefined, isConnected: boolean): Buffer | undefined {
    const code = isConnected || reason === undefined ? undefined : CONNACK_CODES.get(reason)
    return code === undefined ? undefined : Buffer.from([0x20, 2, 0, code])
  }

  #toSubscribe(packet: PacketReader): Buffer {
    const { id, subscriptions } = readSubscribe(packet)
    if (new Set(subscriptions.map(({ filter }) => filter)).size < subscriptions.length) {
      this.#answers.ask(id, subscriptions)
    }
    return packet.bytes.subarray(packet.start, packet.end)
  }

  #toSuback({ bytes, start, bodyAt, end }: PacketReader): Buffer | undefined {
    if (bytes[start] !== SUBACK) return undefined
    const id = bytes.readUInt16BE(bodyAt)
    return encodePacket(SUBACK, [encodeNumber(id), this.#answers.take(id, bytes.subarray(bodyAt + 2, end))])
  }
}

function checkShort(packet: PacketReader, head: number): void {
  const acknowledgement = ACKNOWLEDGEMENTS.get(head)
  const name = acknowledgement ?? EMPTY.get(head)
  if (name === undefined) throw createKindFault(head)
  const fields = new PacketFields(packet, name)
  if (acknowledgement !== undefined) fields.readId()
  fields.expectEnd()
}
