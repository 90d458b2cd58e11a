/** Which devices the messages are of that a tenant's quarantine holds because nobody knows them: found anew each time, so that nothing can disagree. */
import type { Engine } from '../journal/engine.ts'
import type { QuarantinedMessage } from '../journal/quarantine.ts'
import { findQuarantined } from '../journal/quarantine-filter.ts'

export interface LaneName {
  readonly tenant: string
  readonly destination: string
}

/** A device by the id that its topics give it, and what is held of it. */
export interface HeldDevice {
  readonly id: string
  /** The first few of them. */
  readonly topics: readonly string[]
  readonly messages: number
  /** Milliseconds since the epoch, of the receipt of its oldest and newest message. */
  readonly firstSeen: number
  readonly lastSeen: number
  /** Where its messages are, oldest first, by destination: each destination holds them for itself. */
  readonly positions: ReadonlyMap<string, readonly number[]>
}

export interface HeldDevices {
  readonly devices: ReadonlyMap<string, HeldDevice>
  /** Messages of devices beyond the bound, which are told of once others are settled. */
  readonly moreMessages: number
}

const REASON = 'DEVICE_UNKNOWN'
const TOPICS_MAX = 5
/** Somebody who makes up ids all day must not fill the memory. */
const DEVICES_MAX = 10_000

interface Collected {
  readonly topics: Set<string>
  firstSeen: number
  lastSeen: number
  readonly positions: Map<string, number[]>
}

/** Of all devices, or of those that are wanted. An empty id stands for topics that name no device. */
export async function findHeldDevices(
  engine: Engine,
  lanes: readonly LaneName[],
  isWanted: (id: string) => boolean = () => true,
): Promise<HeldDevices> {
  const collected = new Map<string, Collected>()
  let beyond = 0
  for (const lane of lanes) {
    for await (const part of findQuarantined(engine, lane, { reason: REASON })) {
      for (const entry of part) if (isWanted(entry.device) && !collect(entry, collected)) beyond += 1
    }
  }
  const devices = new Map([...collected].map(([id, held]) => [id, toHeldDevice(id, held)]))
  return { devices, moreMessages: lanes.length === 0 ? 0 : Math.ceil(beyond / lanes.length) }
}

function collect(entry: QuarantinedMessage, collected: Map<string, Collected>): boolean {
  const { device, destination, position, topic, receivedAt } = entry
  const known = collected.get(device)
  if (known === undefined && collected.size >= DEVICES_MAX) return false
  const held = known ?? createCollected(receivedAt)
  if (known === undefined) collected.set(device, held)
  if (held.topics.size < TOPICS_MAX) held.topics.add(topic)
  held.firstSeen = Math.min(held.firstSeen, receivedAt)
  held.lastSeen = Math.max(held.lastSeen, receivedAt)
  const positions = held.positions.get(destination)
  if (positions === undefined) held.positions.set(destination, [position])
  else positions.push(position)
  return true
}

function createCollected(receivedAt: number): Collected {
  return { topics: new Set(), firstSeen: receivedAt, lastSeen: receivedAt, positions: new Map() }
}

function toHeldDevice(id: string, { topics, positions, ...seen }: Collected): HeldDevice {
  // A message is held once for each destination.
  const messages = Math.max(...[...positions.values()].map(({ length }) => length))
  return { id, topics: [...topics], messages, ...seen, positions }
}
