/**
 * THE FLOW of one reading, on one screen:
 *
 *   sensor ─▶ ingest ─▶ journal ─▶ decode ─▶ map ─▶ uplink ─▶ context broker
 *               ▲          │ fsync                    └─▶ quarantine
 *               └─ PUBACK ─┘
 *
 * `takeIn` runs on the main thread and `carryOut` on the draining thread. Between them there is only the journal on disk and a
 * signal that there is more in it, so that neither a slow profile nor a slow broker ever delays a PUBACK.
 */
import type { Decode } from './decode/decode.ts'
import { getMessage, TromostError } from './errors.ts'
import { type Ingest, type IngestOptions, openIngest } from './ingest/ingest.ts'
import type { Journal } from './journal/journal.ts'
import type { Lane, LaneMessage } from './journal/lane.ts'
import type { MapReading } from './map/map.ts'
import type { Device, EntityText, Message, Outcome } from './reading.ts'
import type { Registry } from './registry/registry.ts'
import type { Uplink } from './uplink/uplink.ts'
import type { CheckEntity } from './validation/check-entity.ts'

/** In: what a sensor publishes goes to the journal as it came, and is acknowledged when it is on disk. */
export function takeIn(
  journal: Journal,
  options: Omit<IngestOptions, 'store' | 'passAfter'>,
): Promise<Ingest> {
  return openIngest({
    ...options,
    store: (message, done) => journal.append(message, done),
    passAfter: done => journal.passAfter(done),
  })
}

/** A device type, ready to use: its two halves are compiled once. */
export interface CompiledProfile {
  readonly decode: Decode
  readonly map: MapReading
}

export interface CarryOptions {
  readonly registry: Registry
  readonly profiles: ReadonlyMap<string, CompiledProfile>
  readonly uplink: Uplink
  /** Throws for an entity that may not leave; nothing is checked where there is none. */
  readonly checkEntity?: CheckEntity | undefined
  /** Hears of every message that is settled, and how many attributes were left out on the way. */
  readonly onSettled: (message: Message, outcome: Outcome) => void
  readonly onOmitted: (attributes: number) => void
}

/** Across and out: one lane's messages in order, each decoded, mapped and sent, until the lane is closed. */
export async function carryOut(lane: Lane, options: CarryOptions): Promise<void> {
  let taken = await lane.take()
  while (taken.length > 0) {
    for (const item of taken) carry(item, lane, options)
    taken = await lane.take()
  }
}

function carry(item: LaneMessage, lane: Lane, options: CarryOptions): void {
  const settle = (outcome: Outcome) => {
    lane.settle(item, outcome)
    options.onSettled(item.message, outcome)
  }
  try {
    options.uplink.send(makeEntities(item, options), settle)
  } catch (error) {
    const code = error instanceof TromostError ? error.code : 'MAP_FAILED'
    const detail = error instanceof TromostError ? error.detail : getMessage(error)
    settle({ kind: 'quarantined', code, detail })
  }
}

function makeEntities({ message, position }: LaneMessage, options: CarryOptions): readonly EntityText[] {
  const device = findDevice(message, options.registry)
  const profile = options.profiles.get(device.profile)
  if (profile === undefined) {
    throw new TromostError(
      'DECODE_FAILED',
      `device ${device.id}: expected a loaded profile, got ${device.profile}`,
    )
  }
  const made: EntityText[] = []
  for (const reading of profile.decode(message, position)) {
    const { entities, omitted } = profile.map(reading, device)
    if (omitted > 0) options.onOmitted(omitted)
    if (options.checkEntity !== undefined) entities.forEach(options.checkEntity)
    made.push(...entities)
  }
  return made
}

function findDevice({ tenant, device: id, topic }: Message, registry: Registry): Device {
  const device = registry.getDevice(tenant, id) ?? registry.resolve(tenant, topic).device
  if (device === undefined) {
    const got = id === '' ? `topic ${topic}` : `device ${id} on topic ${topic}`
    throw new TromostError('DEVICE_UNKNOWN', `tenant ${tenant}: expected a provisioned device, got ${got}`)
  }
  return device
}
