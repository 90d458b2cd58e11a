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
import { setImmediate as breathe } from 'node:timers/promises'
import type { Decode, DecodeLater } from './decode/decode.ts'
import { PartlyDecoded } from './decode/partly-decoded.ts'
import type { Turns } from './draining/turns.ts'
import { getMessage, TromostError } from './errors.ts'
import { openBridges } from './ingest/bridges/bridges.ts'
import { openIngest } from './ingest/ingest.ts'
import { openMeasures } from './ingest/measures/measures.ts'
import { joinWays, type WaysIn, type WaysInOptions } from './ingest/ways-in.ts'
import type { Journal } from './journal/journal.ts'
import type { LaneMessage } from './journal/lane.ts'
import type { MapReading } from './map/map.ts'
import type { Device, EntityText, Message, Outcome, Reading, StoreMessage } from './reading.ts'
import type { Registry } from './registry/registry.ts'
import type { Uplink } from './uplink/uplink.ts'
import type { CheckEntity } from './validation/check-entity.ts'

/** In: what a sensor sends goes to the journal as it came, and is acknowledged when it is on disk. Three ways lead there. */
export async function takeIn(journal: Journal, options: WaysInOptions): Promise<WaysIn> {
  const store: StoreMessage = (message, done) => journal.append(message, done)
  const passAfter = (tenant: string, done: () => void) => journal.passAfter(tenant, done)
  const broker = await openIngest({ ...options, store, passAfter })
  const measures = await openMeasures({ ...options, store }).catch(async error => {
    await broker.close()
    throw error
  })
  const bridges = openBridges({ ...options, store, passAfter })
  return joinWays({ broker, measures, bridges })
}

/** A device type, ready to use: its two halves are compiled once. Only a codec script decodes later, in the sandbox. */
export type CompiledProfile = { readonly map: MapReading } & (
  | { readonly decode: Decode; readonly decodeLater?: undefined }
  | { readonly decode?: undefined; readonly decodeLater: DecodeLater }
)

/** Where messages come from and what became of them goes: a lane, or what its quarantine gives once more. */
export interface Source {
  take(): Promise<readonly LaneMessage[]>
  settle(item: LaneMessage, outcome: Outcome): void
}

export interface CarryOptions {
  readonly registry: Registry
  readonly profiles: { get(id: string): CompiledProfile | undefined }
  readonly uplink: Pick<Uplink, 'send'>
  readonly turns: Turns
  /** Throws for an entity that may not leave; nothing is checked where there is none. */
  readonly checks: { readonly check: CheckEntity | undefined }
  /** Hears of every message that is settled, and how many attributes were left out on the way. */
  readonly onSettled: (message: Message, outcome: Outcome, position: number) => void
  readonly onOmitted: (attributes: number) => void
}

/** Across and out: one lane's messages in order, each decoded, mapped and sent, until there are no more. */
export async function carryOut(lane: Source, options: CarryOptions): Promise<void> {
  let taken = await lane.take()
  while (taken.length > 0) {
    for (const item of taken) carry(item, lane, options)
    // Other lanes have their turn between two parts, and so have answers of brokers and questions of the main thread.
    await breathe()
    taken = await lane.take()
  }
}

function carry(item: LaneMessage, lane: Source, options: CarryOptions): void {
  const settle = (outcome: Outcome) => {
    lane.settle(item, outcome)
    options.onSettled(item.message, outcome, item.position)
  }
  try {
    const device = findDevice(item.message, options.registry)
    const profile = findProfile(device, options.profiles)
    if (profile.decode === undefined || options.turns.isTaken(device.id)) {
      carryInTurn(item, device, settle, options)
    } else {
      const readings = profile.decode(item.message, item.position)
      options.uplink.send(makeEntities(readings, device, profile, options), settle)
    }
  } catch (error) {
    refuse(error, item.message, settle, options)
  }
}

/** What could be read of a message is sent all the same. */
function refuse(
  error: unknown,
  message: Message,
  settle: (outcome: Outcome) => void,
  options: CarryOptions,
): void {
  try {
    if (!(error instanceof PartlyDecoded)) throw error
    const device = findDevice(message, options.registry)
    const profile = findProfile(device, options.profiles)
    const entities = makeEntities(error.readings, device, profile, options)
    options.uplink.send(entities, () => settle(toRefusal(error)))
  } catch (refusal) {
    settle(toRefusal(refusal))
  }
}

/** A message for a script, or one behind a message of its device that is with a script. */
function carryInTurn(
  item: LaneMessage,
  device: Device,
  settle: (outcome: Outcome) => void,
  options: CarryOptions,
): void {
  const profile = findProfile(device, options.profiles)
  options.turns.take(device.id, decodeInTurn(item, profile), {
    use: readings => options.uplink.send(makeEntities(readings, device, profile, options), settle),
    fail: error => refuse(error, item.message, settle, options),
  })
}

async function decodeInTurn(
  { message, position }: LaneMessage,
  profile: CompiledProfile,
): Promise<readonly Reading[]> {
  return profile.decode === undefined ? profile.decodeLater(message) : profile.decode(message, position)
}

function toRefusal(error: unknown): Outcome {
  const code = error instanceof TromostError ? error.code : 'MAP_FAILED'
  const detail = error instanceof TromostError ? error.detail : getMessage(error)
  return { kind: 'quarantined', code, detail }
}

function makeEntities(
  readings: readonly Reading[],
  device: Device,
  { map }: CompiledProfile,
  { onOmitted, checks }: CarryOptions,
): readonly EntityText[] {
  const made: EntityText[] = []
  for (const reading of readings) {
    const { entities, omitted } = map(reading, device)
    if (omitted > 0) onOmitted(omitted)
    if (checks.check !== undefined) entities.forEach(checks.check)
    made.push(...entities)
  }
  return made
}

function findProfile({ id, profile: name }: Device, profiles: CarryOptions['profiles']): CompiledProfile {
  const profile = profiles.get(name)
  if (profile !== undefined) return profile
  throw new TromostError('DECODE_FAILED', `device ${id}: expected a loaded profile, got ${name}`)
}

function findDevice({ tenant, device: id, topic }: Message, registry: Registry): Device {
  const device = registry.getDevice(tenant, id) ?? registry.resolve(tenant, topic).device
  if (device === undefined) {
    const got = id === '' ? `topic ${topic}` : `device ${id} on topic ${topic}`
    throw new TromostError('DEVICE_UNKNOWN', `tenant ${tenant}: expected a provisioned device, got ${got}`)
  }
  return device
}
