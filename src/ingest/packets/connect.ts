/** The CONNECT of a client (MQTT 3.1.1, 3.1; MQTT 5.0, 3.1), checked from its first byte to its last. */
import { randomUUID } from 'node:crypto'
import type { PacketReader } from '../packet-reader.ts'
import { readTopicName } from '../topic-name.ts'
import { PacketFault, REASONS } from './packet-fault.ts'
import { PacketFields } from './packet-fields.ts'
import { NO_PROPERTIES, type Properties, readProperties } from './properties.ts'
import { quote } from './text.ts'

export interface ConnectPacket {
  /** 3 is MQTT 3.1, 4 is MQTT 3.1.1. */
  readonly level: Level
  readonly isClean: boolean
  /** 0 for none. */
  readonly keepAliveSeconds: number
  /** Empty when the server is to choose one. */
  readonly clientId: string
  readonly will: Will | undefined
  readonly username: string | undefined
  readonly password: Buffer | undefined
  /** None before MQTT 5. */
  readonly properties: Properties
}

interface Will {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: number
  readonly isRetained: boolean
}

export type Level = 3 | 4 | 5

type Login = Pick<ConnectPacket, 'username' | 'password'>

const [RESERVED, CLEAN, WILL, WILL_RETAIN, PASSWORD, USERNAME] = [0x01, 0x02, 0x04, 0x20, 0x40, 0x80]

/** Names of the protocol with the levels that go with them. */
const LEVELS = new Map<string, ReadonlyMap<number, Level>>([
  ['MQTT', new Map([[4, 4] as const, [5, 5] as const])],
  ['MQIsdp', new Map([[3, 3] as const])],
])

/** The level alone: whoever is refused for what comes after it is told so in its own version. */
export function readLevel(packet: PacketReader): Level {
  return takeLevel(new PacketFields(packet, 'CONNECT'))
}

export function readConnect(packet: PacketReader): ConnectPacket {
  const fields = new PacketFields(packet, 'CONNECT')
  const level = takeLevel(fields)
  const flags = fields.readByte('flags')
  if ((flags & RESERVED) !== 0) throw fields.fault('the reserved flag to be 0', '1')
  const keepAliveSeconds = fields.readNumber('a keep-alive')
  const properties = level === 5 ? readProperties(fields, 'CONNECT') : NO_PROPERTIES
  const clientId = fields.readText('a client id')
  const will = readWill(fields, flags, level)
  const login = readLogin(fields, flags, level)
  fields.expectEnd()
  const isClean = (flags & CLEAN) !== 0
  checkClientId(clientId, isClean || level === 5)
  return { level, isClean, keepAliveSeconds, clientId, will, ...login, properties }
}

/** For a client that leaves it to us: nobody can guess it. */
export function createClientId(): string {
  return `auto-${randomUUID()}`
}

function takeLevel(fields: PacketFields): Level {
  const name = fields.readText('the name of a protocol')
  const levels = LEVELS.get(name)
  if (levels === undefined) throw fields.fault('the protocol MQTT', quote(name))
  const given = fields.readByte('a protocol level')
  const level = levels.get(given)
  if (level !== undefined) return level
  const problem = `expected ${name} of level ${[...levels.keys()].join(' or ')}, got ${given}`
  throw new PacketFault(`CONNECT: ${problem}`, REASONS.version, 'VERSION_UNSUPPORTED')
}

function readWill(fields: PacketFields, flags: number, level: Level): Will | undefined {
  const qos = (flags >> 3) & 0b11
  const isRetained = (flags & WILL_RETAIN) !== 0
  if ((flags & WILL) === 0) {
    if (qos !== 0 || isRetained) throw fields.fault('no QoS and no retain flag of a will without a will')
    return undefined
  }
  if (qos === 3) throw fields.fault('a will of QoS 0, 1 or 2', '3')
  if (level === 5) readProperties(fields, 'WILL')
  const topic = readTopicName(fields.readBytes('the topic of a will'), 'CONNECT')
  return { topic, payload: fields.readBytes('the payload of a will'), qos, isRetained }
}

function readLogin(fields: PacketFields, flags: number, level: Level): Login {
  const hasUsername = (flags & USERNAME) !== 0
  const hasPassword = (flags & PASSWORD) !== 0
  // MQTT-3.1.2-22. MQTT 5 allows it.
  if (hasPassword && !hasUsername && level !== 5) throw fields.fault('no password without a user name')
  return {
    username: hasUsername ? fields.readText('a user name') : undefined,
    password: hasPassword ? fields.readBytes('a password') : undefined,
  }
}

/** No right of ours holds a client id; who builds some from what we log is not to be tricked by one. */
function checkClientId(clientId: string, mayBeEmpty: boolean): void {
  if (clientId === '' ? mayBeEmpty : !/^\$|[+#]/.test(clientId)) return
  const expectation =
    clientId === ''
      ? 'a client id for a session that is kept'
      : 'a client id without + and # that does not begin with $'
  const problem = `CONNECT: expected ${expectation}, got ${quote(clientId)}`
  throw new PacketFault(problem, REASONS.clientId, 'CLIENT_ID_REFUSED')
}
