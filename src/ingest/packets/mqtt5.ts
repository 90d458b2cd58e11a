/**
 * MQTT 5 for a broker that speaks MQTT 3.1.1: what a client says is checked and told without its properties, and what aedes answers
 * is told with reason codes. docs/mqtt-conformance.md says what is lost on the way.
 */
import type { PacketReader } from '../packet-reader.ts'
import { createClientId, readConnect } from './connect.ts'
import type { Dialect, Introduction, Wires } from './dialect.ts'
import { encodeBytes, encodeConnect, encodeNumber, encodePacket } from './encode.ts'
import {
  CONNACK,
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
  UNSUBACK,
  UNSUBSCRIBE,
} from './kinds.ts'
import { mapPackets } from './map-packets.ts'
import { encodeConnack, encodeRefusal, type Served } from './mqtt5-connack.ts'
import { fromSuback } from './mqtt5-reasons.ts'
import { Outflow } from './outflow.ts'
import { PacketFault, REASONS } from './packet-fault.ts'
import { PacketFields } from './packet-fields.ts'
import { PROPERTY, type PropertyHolder, readProperties } from './properties.ts'
import { type Asked, SubscribeAnswers } from './subscribe-answers.ts'
import { readSubscribe, readUnsubscribe, type Subscription } from './subscriptions.ts'

export interface Mqtt5Options extends Pick<Served, 'packetBytesMax' | 'receiveMax'> {
  /** How long a session is kept. */
  readonly sessionExpirySeconds: number
  readonly wires: Wires
}

const ACKNOWLEDGEMENTS = new Map<number, PropertyHolder>([
  [PUBACK, 'PUBACK'],
  [PUBREC, 'PUBREC'],
  [PUBREL, 'PUBREL'],
  [PUBCOMP, 'PUBCOMP'],
])
const NO_PROPERTIES = Buffer.from([0])
const NOTHING = Buffer.alloc(0)
/** Whatever is refused begins here. */
const REFUSED = 0x80
const QOS = 0b11

export class Mqtt5 implements Dialect {
  readonly hasProperties = true
  keepsSession = false
  readonly #options: Mqtt5Options
  readonly #answers = new SubscribeAnswers()
  readonly #outflow = new Outflow()
  /** How many filters each UNSUBSCRIBE had that is not answered yet, by its packet id. */
  readonly #unsubscribes = new Map<number, number>()
  #served: Served

  constructor(options: Mqtt5Options) {
    this.#options = options
    this.#served = { ...options, assignedClientId: undefined, sessionExpirySeconds: undefined }
  }

  toConnect(packet: PacketReader): Introduction {
    const connect = readConnect(packet)
    const { properties, isClean, keepAliveSeconds } = connect
    if (properties.has(PROPERTY.authMethod)) {
      const problem = 'CONNECT: expected user name and password, got an authentication method'
      throw new PacketFault(problem, REASONS.authMethod, 'LOGIN_REFUSED')
    }
    const expiry = properties.get(PROPERTY.sessionExpiry) ?? 0
    this.keepsSession = expiry > 0 || !isClean
    const kept = this.keepsSession ? this.#options.sessionExpirySeconds : 0
    const clientId = connect.clientId || createClientId()
    this.#served = {
      ...this.#served,
      assignedClientId: connect.clientId === '' ? clientId : undefined,
      sessionExpirySeconds: kept === expiry ? undefined : kept,
    }
    this.#outflow.inFlightMax = properties.get(PROPERTY.receiveMax) ?? this.#outflow.inFlightMax
    this.#outflow.packetBytesMax = properties.get(PROPERTY.packetBytesMax) ?? this.#outflow.packetBytesMax
    return { packet: encodeConnect({ ...connect, clientId }), keepAliveSeconds }
  }

  toBroker(packet: PacketReader): Buffer | undefined {
    const head = packet.bytes[packet.start] ?? 0
    if (head >> 4 === PUBLISH_TYPE) return toPlainPublish(packet, head)
    if (ACKNOWLEDGEMENTS.has(head)) return this.#toAcknowledgement(packet, head)
    if (head === SUBSCRIBE) return this.#toSubscribe(packet)
    if (head === UNSUBSCRIBE) return this.#toUnsubscribe(packet)
    if (head === DISCONNECT) return toDisconnect(packet)
    if (head !== PINGREQ) throw createKindFault(head)
    new PacketFields(packet, 'PINGREQ').expectEnd()
    return Buffer.from([PINGREQ, 0])
  }

  toClient(written: Buffer): Buffer {
    return mapPackets(written, packet => this.#toClient(packet))
  }

  getFarewell(reason: number | undefined, isConnected: boolean): Buffer | undefined {
    if (reason === undefined) return undefined
    return Buffer.from(isConnected ? [DISCONNECT, 2, reason, 0] : [CONNACK, 3, 0, reason, 0])
  }

  #toAcknowledgement(packet: PacketReader, head: number): Buffer {
    const holder = ACKNOWLEDGEMENTS.get(head) ?? 'PUBACK'
    const fields = new PacketFields(packet, holder)
    const id = fields.readId()
    const reason = fields.isAtEnd ? 0 : fields.readByte('a reason code')
    if (!fields.isAtEnd) readProperties(fields, holder)
    fields.expectEnd()
    // A message that the client refuses is not offered to it again.
    const isRefused = head === PUBREC && reason >= REFUSED
    if (head === PUBACK || head === PUBCOMP || isRefused) this.#release(id)
    return encodePacket(isRefused ? PUBCOMP : head, [encodeNumber(id)])
  }

  #release(id: number): void {
    const next = this.#outflow.acknowledge(id)
    if (next !== undefined) this.#options.wires.toClient(next)
  }

  #toSubscribe(packet: PacketReader): Buffer | undefined {
    const { id, subscriptions, properties } = readSubscribe(packet, true)
    if (properties.has(PROPERTY.subscriptionId)) {
      throw new PacketFault('SUBSCRIBE: expected no subscription id', REASONS.subscriptionId)
    }
    const asked = this.#answers.ask(id, subscriptions.map(toAsked))
    if (asked.length > 0) return encodeSubscribe(id, asked)
    this.#options.wires.toClient(encodeAnswer(SUBACK, id, this.#answers.take(id, NOTHING)))
    return undefined
  }

  #toUnsubscribe(packet: PacketReader): Buffer {
    const { id, filters } = readUnsubscribe(packet, true)
    this.#unsubscribes.set(id, filters.length)
    return encodePacket(UNSUBSCRIBE, [
      encodeNumber(id),
      ...filters.map(filter => encodeBytes(Buffer.from(filter))),
    ])
  }

  #toClient({ bytes, start, bodyAt, end }: PacketReader): Buffer | undefined {
    const head = bytes[start] ?? 0
    if (head >> 4 === PUBLISH_TYPE) return this.#toPublish(head, bytes.subarray(bodyAt, end))
    if (head === CONNACK) return this.#toConnack(bytes[bodyAt] ?? 0, bytes[bodyAt + 1] ?? 0)
    if (head !== SUBACK && head !== UNSUBACK) return undefined
    const id = bytes.readUInt16BE(bodyAt)
    if (head === SUBACK) {
      return encodeAnswer(SUBACK, id, this.#answers.take(id, fromSuback(bytes.subarray(bodyAt + 2, end))))
    }
    const count = this.#unsubscribes.get(id) ?? 0
    this.#unsubscribes.delete(id)
    return encodeAnswer(UNSUBACK, id, Buffer.alloc(count))
  }

  #toConnack(flags: number, returnCode: number): Buffer {
    return returnCode === 0 ? encodeConnack(flags, this.#served) : encodeRefusal(returnCode)
  }

  #toPublish(head: number, body: Buffer): Buffer {
    const qos = (head >> 1) & QOS
    const idAt = 2 + body.readUInt16BE(0)
    const payloadAt = qos === 0 ? idAt : idAt + 2
    const packet = encodePacket(head, [body.subarray(0, payloadAt), NO_PROPERTIES, body.subarray(payloadAt)])
    const id = body.subarray(idAt, payloadAt)
    if (!this.#outflow.fits(packet)) {
      // As if it had been sent and acknowledged (MQTT-3.1.2-25 of MQTT 5.0).
      if (qos > 0) this.#options.wires.toBroker(encodePacket(qos === 1 ? PUBACK : PUBCOMP, [id]))
      return NOTHING
    }
    return qos === 0 || this.#outflow.offer(id.readUInt16BE(0), packet) ? packet : NOTHING
  }
}

/** As a broker of MQTT 3.1.1 takes it. */
function toPlainPublish(packet: PacketReader, head: number): Buffer {
  const fields = new PacketFields(packet, 'PUBLISH')
  const parts = [encodeBytes(fields.readBytes('a topic'))]
  if (((head >> 1) & QOS) !== 0) parts.push(encodeNumber(fields.readId()))
  readProperties(fields, 'PUBLISH')
  return encodePacket(head, [...parts, fields.readRest()])
}

/** Only after a normal end the will is not to be sent. */
function toDisconnect(packet: PacketReader): Buffer | undefined {
  const fields = new PacketFields(packet, 'DISCONNECT')
  const reason = fields.isAtEnd ? 0 : fields.readByte('a reason code')
  if (!fields.isAtEnd) readProperties(fields, 'DISCONNECT')
  fields.expectEnd()
  return reason === 0 ? Buffer.from([DISCONNECT, 0]) : undefined
}

/** What aedes cannot be asked for is refused, and not left out. */
function toAsked({ filter, options }: Subscription): Asked {
  const subscription = { filter, options: options & QOS }
  if (filter.startsWith('$share/')) return { ...subscription, refusal: REASONS.sharedSubscription }
  return options > QOS ? { ...subscription, refusal: REASONS.notHere } : subscription
}

function encodeSubscribe(id: number, subscriptions: readonly Subscription[]): Buffer {
  const wishes = subscriptions.flatMap(({ filter, options }) => [
    encodeBytes(Buffer.from(filter)),
    Buffer.from([options]),
  ])
  return encodePacket(SUBSCRIBE, [encodeNumber(id), ...wishes])
}

/** SUBACK or UNSUBACK. */
function encodeAnswer(head: number, id: number, codes: Buffer): Buffer {
  return encodePacket(head, [encodeNumber(id), NO_PROPERTIES, codes])
}
