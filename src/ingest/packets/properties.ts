/** The properties of a packet of MQTT 5 (MQTT 5.0, 2.2.2): which may be where, and how often. */
import { PacketFault, REASONS } from './packet-fault.ts'
import type { PacketFields } from './packet-fields.ts'

/** By their identifiers. Numbers of those that hold one, 0 of all others: nobody here reads what they say. */
export type Properties = ReadonlyMap<number, number>

export const PROPERTY = {
  subscriptionId: 0x0b,
  sessionExpiry: 0x11,
  assignedClientId: 0x12,
  authMethod: 0x15,
  receiveMax: 0x21,
  topicAlias: 0x23,
  userProperty: 0x26,
  packetBytesMax: 0x27,
  hasSubscriptionIds: 0x29,
  hasSharedSubscriptions: 0x2a,
} as const

export const NO_PROPERTIES: Properties = new Map()

type Read = (fields: PacketFields, what: string) => number

const readFlag: Read = (fields, what) => inRange(fields, fields.readByte(what), what, 0, 1)
const readShort: Read = (fields, what) => inRange(fields, fields.readNumber(what), what, 1)
const readAnyShort: Read = (fields, what) => fields.readNumber(what)
const readLong: Read = (fields, what) => fields.readLongNumber(what)
const readSize: Read = (fields, what) => inRange(fields, fields.readLongNumber(what), what, 1)
const readVariable: Read = (fields, what) => inRange(fields, fields.readLength(what), what, 1)
const skipText: Read = (fields, what) => drop(fields.readText(what))
const skipBytes: Read = (fields, what) => drop(fields.readBytes(what))
const skipPair: Read = (fields, what) => drop(fields.readText(what), fields.readText(what))

const READERS = new Map<number, Read>([
  [0x01, readFlag],
  [0x02, readLong],
  [0x03, skipText],
  [0x08, skipText],
  [0x09, skipBytes],
  [PROPERTY.subscriptionId, readVariable],
  [PROPERTY.sessionExpiry, readLong],
  [PROPERTY.authMethod, skipText],
  [0x16, skipBytes],
  [0x17, readFlag],
  [0x18, readLong],
  [0x19, readFlag],
  [0x1f, skipText],
  [PROPERTY.receiveMax, readShort],
  [0x22, readAnyShort],
  [PROPERTY.topicAlias, readAnyShort],
  [PROPERTY.userProperty, skipPair],
  [PROPERTY.packetBytesMax, readSize],
])

const ACKNOWLEDGEMENT = new Set([0x1f, 0x26])

/** What a client may send (MQTT 5.0, table 2-4). A subscription id in a PUBLISH is for servers only. */
const ALLOWED: Readonly<Record<PropertyHolder, ReadonlySet<number>>> = {
  CONNECT: new Set([0x11, 0x15, 0x16, 0x17, 0x19, 0x21, 0x22, 0x26, 0x27]),
  WILL: new Set([0x01, 0x02, 0x03, 0x08, 0x09, 0x18, 0x26]),
  PUBLISH: new Set([0x01, 0x02, 0x03, 0x08, 0x09, 0x23, 0x26]),
  PUBACK: ACKNOWLEDGEMENT,
  PUBREC: ACKNOWLEDGEMENT,
  PUBREL: ACKNOWLEDGEMENT,
  PUBCOMP: ACKNOWLEDGEMENT,
  SUBSCRIBE: new Set([0x0b, 0x26]),
  UNSUBSCRIBE: new Set([0x26]),
  DISCONNECT: new Set([0x11, 0x1f, 0x26]),
}

export type PropertyHolder =
  | 'CONNECT'
  | 'WILL'
  | 'PUBLISH'
  | 'PUBACK'
  | 'PUBREC'
  | 'PUBREL'
  | 'PUBCOMP'
  | 'SUBSCRIBE'
  | 'UNSUBSCRIBE'
  | 'DISCONNECT'

export function readProperties(fields: PacketFields, holder: PropertyHolder): Properties {
  const length = fields.readLength('a length of properties')
  if (length === 0) return NO_PROPERTIES
  const part = fields.readPart(length, 'properties')
  const found = new Map<number, number>()
  while (!part.isAtEnd) {
    const id = part.readByte('a property')
    const name = `property 0x${id.toString(16).padStart(2, '0')}`
    const read = READERS.get(id)
    if (read === undefined || !ALLOWED[holder].has(id)) throw toFault(`${holder}: expected no ${name}`)
    if (found.has(id) && id !== PROPERTY.userProperty) {
      throw toFault(`${holder}: expected ${name} at most once`)
    }
    found.set(id, read(part, name))
  }
  return found
}

function inRange(fields: PacketFields, value: number, what: string, min: number, max?: number): number {
  if (value >= min && (max === undefined || value <= max)) return value
  throw fields.fault(
    max === undefined ? `${what} of at least ${min}` : `${what} of ${min} or ${max}`,
    `${value}`,
  )
}

function toFault(detail: string): PacketFault {
  return new PacketFault(detail, REASONS.protocolError)
}

/** What was read was checked, and is not used. */
function drop(..._read: readonly unknown[]): number {
  return 0
}
