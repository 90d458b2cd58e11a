/** SUBSCRIBE and UNSUBSCRIBE (MQTT 3.1.1, 3.8 and 3.10; MQTT 5.0, the same). */
import { isTopicFilter } from '../../topic-filter.ts'
import type { PacketReader } from '../packet-reader.ts'
import { PacketFault, REASONS } from './packet-fault.ts'
import { PacketFields } from './packet-fields.ts'
import { NO_PROPERTIES, type Properties, readProperties } from './properties.ts'
import { quote } from './text.ts'

export interface Subscribe {
  readonly id: number
  readonly subscriptions: readonly Subscription[]
  readonly properties: Properties
}

export interface Subscription {
  readonly filter: string
  /** QoS in the two lowest bits; in MQTT 5 there are other wishes above them. */
  readonly options: number
}

export interface Unsubscribe {
  readonly id: number
  readonly filters: readonly string[]
}

/** aedes goes through all of a packet for each of them. */
const FILTERS_MAX = 100

export function readSubscribe(packet: PacketReader, isVersion5 = false): Subscribe {
  const fields = new PacketFields(packet, 'SUBSCRIBE')
  const id = fields.readId()
  const properties = isVersion5 ? readProperties(fields, 'SUBSCRIBE') : NO_PROPERTIES
  const subscriptions: Subscription[] = []
  do {
    const filter = readFilter(fields)
    const options = fields.readByte('a QoS')
    const qos = options & 0b11
    if (qos === 3 || options > (isVersion5 ? 0b10_1111 : 0b11)) {
      throw fields.fault(
        'options with a QoS of 0, 1 or 2 and reserved bits of 0',
        `0x${options.toString(16)}`,
      )
    }
    if (subscriptions.length === FILTERS_MAX) {
      const problem = `SUBSCRIBE: expected at most ${FILTERS_MAX} filters, got more`
      throw new PacketFault(problem, REASONS.quota, 'FILTERS_TOO_MANY')
    }
    subscriptions.push({ filter, options })
  } while (!fields.isAtEnd)
  return { id, subscriptions, properties }
}

export function readUnsubscribe(packet: PacketReader, isVersion5 = false): Unsubscribe {
  const fields = new PacketFields(packet, 'UNSUBSCRIBE')
  const id = fields.readId()
  if (isVersion5) readProperties(fields, 'UNSUBSCRIBE')
  const filters: string[] = []
  do filters.push(readFilter(fields))
  while (!fields.isAtEnd)
  return { id, filters }
}

function readFilter(fields: PacketFields): string {
  const filter = fields.readText('a topic filter')
  if (!isTopicFilter(filter)) {
    throw fields.fault('a topic filter with + and # as whole levels, # as the last', quote(filter))
  }
  return filter
}
