/** MQTT packets as nobody should send them: every field is what the case says. */
import { encodeNumber, encodePacket, encodeText } from '../ingest/raw-client.ts'
import { PASSWORD } from '../ingest/test-client.ts'
import { INSIDER } from './front-door.ts'

interface ConnectFields {
  readonly name?: string
  readonly level?: number
  /** Without those that say which fields follow. */
  readonly flags?: number
  readonly keepAlive?: number
  readonly clientId?: string | Buffer
  /** Topic and payload. */
  readonly will?: readonly [topic: string | Buffer, payload: string | Buffer]
  readonly username?: string | Buffer | undefined
  readonly password?: string | Buffer | undefined
  /** Behind the last field. */
  readonly trailer?: Buffer
}

export const CLEAN = 0x02
export const [WILL_QOS_1, WILL_QOS_3, WILL_RETAIN] = [0x08, 0x18, 0x20]
const [WILL, WITH_PASSWORD, WITH_USERNAME] = [0x04, 0x40, 0x80]

/** A CONNECT that is as it should be, but for what is given. */
export function encodeOddConnect(fields: ConnectFields = {}): Buffer {
  const { name = 'MQTT', level = 4, flags = CLEAN, keepAlive = 60, clientId = 'odd', will } = fields
  const { username = INSIDER, password = PASSWORD, trailer = Buffer.alloc(0) } = fields
  const isGiven = (key: 'username' | 'password') => !(key in fields) || fields[key] !== undefined
  const allFlags =
    flags +
    (will === undefined ? 0 : WILL) +
    (isGiven('password') ? WITH_PASSWORD : 0) +
    (isGiven('username') ? WITH_USERNAME : 0)
  return encodePacket(0x10, [
    ...[encodeText(name), Buffer.from([level, allFlags]), encodeNumber(keepAlive), toField(clientId)],
    ...(will ?? []).map(toField),
    ...(isGiven('username') ? [toField(username)] : []),
    ...(isGiven('password') ? [toField(password)] : []),
    trailer,
  ])
}

export function encodeSubscribe(
  id: number,
  ...filters: readonly (readonly [string | Buffer, number])[]
): Buffer {
  const parts = filters.flatMap(([filter, qos]) => [toField(filter), Buffer.from([qos])])
  return encodePacket(0x82, [encodeNumber(id), ...parts])
}

/** A PUBLISH whose first byte, and so its QoS, is given. */
export function encodeOddPublish(head: number, topic: string | Buffer, id?: number, payload = ''): Buffer {
  const ids = id === undefined ? [] : [encodeNumber(id)]
  return encodePacket(head, [toField(topic), ...ids, Buffer.from(payload)])
}

export function toField(value: string | Buffer): Buffer {
  return typeof value === 'string' ? encodeText(value) : Buffer.concat([encodeNumber(value.length), value])
}
