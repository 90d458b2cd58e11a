/** What clients of MQTT send, as it should be: to be spoilt. */
import { encodeConnect, encodeNumber, encodePacket, encodePublish, encodeText } from '../ingest/raw-client.ts'
import { PASSWORD } from '../ingest/test-client.ts'
import { spoilBytes } from './mutations.ts'
import type { Random } from './random.ts'

const PINGREQ = Buffer.from([0xc0, 0])
const DISCONNECT = Buffer.from([0xe0, 0])
const NO_PROPERTIES = Buffer.from([0])

/** A connection is its CONNECT, and packets behind it in any order. */
export function spoilStream(random: Random, username: string, topic: string): Buffer {
  const isVersion5 = random.chance(0.3)
  const connect = isVersion5 ? encodeConnect5(username) : encodeConnect(username, `fuzz-${random.below(20)}`)
  const packets = listPackets(topic, isVersion5 ? NO_PROPERTIES : Buffer.alloc(0))
  if (random.chance(0.05)) return random.bytes(1 + random.below(400))
  const rest = Array.from({ length: random.below(8) }, () => random.pick(packets))
  // Most of it is to get past the login.
  if (random.chance(0.7))
    return Buffer.concat([connect, ...rest.map(packet => spoil(packet, packets, random))])
  return Buffer.concat([spoil(connect, packets, random), ...rest])
}

function spoil(packet: Buffer, packets: readonly Buffer[], random: Random): Buffer {
  if (random.chance(0.3)) return packet
  const spoilt = spoilBytes(packet, random, packets)
  // With a length that fits again it is looked at further.
  return random.chance(0.5) && spoilt.length > 2 ? encodePacket(spoilt[0] ?? 0, [spoilt.subarray(2)]) : spoilt
}

function encodeConnect5(username: string): Buffer {
  const fields = [`fuzz-5`, username, PASSWORD].map(encodeText)
  const head = [encodeText('MQTT'), Buffer.from([5, 0b1100_0010]), encodeNumber(60)]
  const properties = Buffer.from([5, 0x11, 0, 0, 0, 60])
  return encodePacket(0x10, [...head, properties, ...fields])
}

function listPackets(topic: string, properties: Buffer): readonly Buffer[] {
  const publish = (head: number, id: number) =>
    encodePacket(head, [encodeText(topic), encodeNumber(id), properties, Buffer.from('{"sequence":1}')])
  const ofFilter = (head: number, options: readonly number[]) =>
    encodePacket(head, [encodeNumber(9), properties, encodeText(topic), Buffer.from(options)])
  return [
    ...[
      encodePublish(1, topic, 'payload'),
      publish(0x32, 2),
      publish(0x34, 3),
      publish(0x33, 4),
      publish(0x3a, 5),
    ],
    encodePacket(0x30, [encodeText(topic), properties, Buffer.from('at most once')]),
    ...[0x40, 0x50, 0x62, 0x70].map(head => encodePacket(head, [encodeNumber(3)])),
    ...[ofFilter(0x82, [1]), ofFilter(0xa2, []), PINGREQ, DISCONNECT],
  ]
}
